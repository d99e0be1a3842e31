{# Hires matched to openings: each hire, in order of its day, fills the oldest opening that is still free and was posted
   at most `days` days before; a hire fills one opening.

   `openings`: block, vacancy_key, posted_from, openings. `hires`: block, spell_no, acquisition_date. A block is what may
   be matched with each other. All windows are equally long, so openings expire in the order in which they were posted,
   and the last opening taken is all that has to be remembered. Number the openings of a block from the oldest: with U
   opened and L expired until the day of hire j, the last one taken becomes min(max(last, L) + 1, U), and the hire found
   one unless that is the last already. Less j, every hire is a clamp between L + 1 - j and U - j; clamps combine to
   clamps, so 20 doublings of how many hires are combined give every hire its opening, without a loop over hires
   (2^20 hires in one block are more than any workplace has). #}
{% macro greedily_matched(openings, hires, days) -%}
    with

    numbered_openings as (
        select
            block,
            vacancy_key,
            openings,
            sum(openings) over (
                partition by block
                order by posted_from, vacancy_key
                rows between unbounded preceding and current row
            ) as last_opening
        from {{ openings }}
    ),

    -- on one day, openings come and go before hires
    moves as (
        select
            block,
            posted_from as day,
            0 as kind,
            openings as opened,
            0 as expired,
            '' as spell_no
        from {{ openings }}
        union all
        select
            block,
            posted_from + {{ days + 1 }} as day,
            0 as kind,
            0 as opened,
            openings as expired,
            '' as spell_no
        from {{ openings }}
        union all
        select
            block,
            acquisition_date as day,
            1 as kind,
            0 as opened,
            0 as expired,
            spell_no
        from {{ hires }}
    ),

    counted_moves as (
        select
            block,
            day,
            kind,
            spell_no,
            cast(sum(opened) over running as bigint) as opened,
            cast(sum(expired) over running as bigint) as expired
        from moves
        window running as (
            partition by block
            order by day, kind, spell_no
            rows between unbounded preceding and current row
        )
    ),

    hires_in_reach as (
        select
            block,
            day,
            spell_no,
            opened,
            expired,
            row_number() over (partition by block order by day, spell_no) as hire_no
        from counted_moves
        where kind = 1 and opened > expired
    ),

    clamps_0 as (
        select
            *,
            expired + 1 - hire_no as low,
            opened - hire_no as high
        from hires_in_reach
    ),
    {% for doubling in range(20) %}
    clamps_{{ doubling + 1 }} as materialized (
        select
            block,
            day,
            spell_no,
            opened,
            expired,
            hire_no,
            least(greatest(coalesce(lag(low, {{ 2 ** doubling }}) over hires_before, low), low), high) as low,
            least(greatest(coalesce(lag(high, {{ 2 ** doubling }}) over hires_before, high), low), high) as high
        from clamps_{{ doubling }}
        window hires_before as (partition by block order by hire_no)
    ),
    {% endfor %}
    takings as (
        select
            *,
            hire_no + least(greatest(0, low), high) as opening_no
        from clamps_20
    ),

    matches as (
        select
            *,
            greatest(coalesce(lag(opening_no) over (partition by block order by hire_no), 0), expired) < opened
                as is_match
        from takings
    )

    select
        numbered_openings.vacancy_key,
        matches.spell_no,
        matches.day as acquisition_date,
        matches.opening_no - (numbered_openings.last_opening - numbered_openings.openings) as opening_no
    from matches
    inner join numbered_openings
        on
            matches.block = numbered_openings.block
            and matches.opening_no <= numbered_openings.last_opening
            and matches.opening_no > numbered_openings.last_opening - numbered_openings.openings
    where matches.is_match
{%- endmacro %}
