{#
  Every build writes a new file that nobody reads before it is whole, so a relation is created under its own name. dbt's
  own materialisations create it beside the old one, rename and drop: about a fifth of the time of a small build.
#}
{% materialization table, adapter='duckdb', supported_languages=['sql', 'python'] %}
  {%- set relation = this.incorporate(type='table') -%}
  {{ drop_relation_if_exists(load_cached_relation(this)) }}
  {%- call statement('main', language=model['language']) -%}
    {{ create_table_as(False, relation, compiled_code, model['language']) }}
  {%- endcall -%}
  {{ adapter.commit() }}
  {{ return({'relations': [relation]}) }}
{% endmaterialization %}


{% materialization view, adapter='duckdb' %}
  {%- set relation = this.incorporate(type='view') -%}
  {{ drop_relation_if_exists(load_cached_relation(this)) }}
  {%- call statement('main') -%}
    {{ get_create_view_as_sql(relation, sql) }}
  {%- endcall -%}
  {{ adapter.commit() }}
  {{ return({'relations': [relation]}) }}
{% endmaterialization %}
