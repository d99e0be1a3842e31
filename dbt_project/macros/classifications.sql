{# What versioned code tables and their crosswalks share. #}

{# Last day of each version of a scheme: the day before the next one begins; NULL for the newest. #}
{% macro version_ends(relation, scheme) -%}
    select
        {{ scheme }},
        scheme_version,
        cast(
            lead(min(valid_from)) over (partition by {{ scheme }} order by min(valid_from)) - 1 as date
        ) as valid_to
    from {{ relation }}
    group by {{ scheme }}, scheme_version
{%- endmacro %}

{# Is a row valid on the working day? valid_to is its last day. #}
{% macro in_force() -%}
    valid_from <= {{ as_of() }} and coalesce(valid_to >= {{ as_of() }}, true)
{%- endmacro %}

{# Links of `relation` with weights that sum to one per code and target. A code whose links state no weight goes to its
   successors in equal parts; the first takes what rounding leaves. #}
{% macro weighted_links(relation, code, target) -%}
    {%- set equal_part = "cast(floor(100000000 / successors) / 100000000 as decimal(18, 8))" -%}
    select
        * exclude (weight, successors, successor_no),
        cast(
            case
                when weight is not null then weight
                when successor_no = 1 then 1 - (successors - 1) * {{ equal_part }}
                else {{ equal_part }}
            end as decimal(18, 8)
        ) as weight,
        case
            when weight is not null then 'stated'
            when successors = 1 then 'whole'
            else 'equal_parts'
        end as weight_basis
    from (
        select
            *,
            count(*) over (partition by {{ (code + target) | join(", ") }}) as successors,
            row_number() over (partition by {{ (code + target) | join(", ") }} order by to_code) as successor_no
        from {{ relation }}
    ) as numbered
{%- endmacro %}
