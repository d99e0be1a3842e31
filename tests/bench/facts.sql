-- One slice of a national warehouse's conformed facts, as the models leave them: every {slices}-th person and what they
-- did. Drawn by hash of key and salt, so a slice depends on {persons} and its number alone. Rows come in order of their
-- date, as registers deliver them.

create or replace macro u(id, salt) as (hash(hash(cast(id as bigint), salt)) >> 11) / 9007199254740992.0;
create or replace macro expo(id, salt, mean) as -ln(1 - u(id, salt)) * mean;
create or replace macro draw(items, id, salt, skew) as items[1 + cast(floor(pow(u(id, salt), skew) * len(items)) as bigint)];
create or replace macro token(person) as 'p1_' || md5(cast(person as varchar));
create or replace macro workplace(id, salt) as
    cast(10000000000 + floor(pow(u(id, salt), 3) * {workplaces}) as bigint);
create or replace macro occupation(id, salt) as cast(1 + floor(pow(u(id, salt), 2) * 450) as integer);
-- 450 codes of four digits in 35 groups
create or replace macro occupation_code(number) as printf('%02d%02d', 1 + number // 13, 10 + number % 13);
create or replace macro as_of() as date '{as_of}';

create or replace temp table spells as
with
persons as (
    select
        person_id,
        least(24, 1 + cast(floor(expo(person_id, 'jobs', 2.51)) as integer)) as jobs,
        date '2012-01-01' + cast(floor(pow(u(person_id, 'entry'), 1.3) * 5300) as integer) as entry_date,
        cast(1956 + floor(u(person_id, 'birth') * 48) as smallint) as birth_year,
        case when u(person_id, 'sex') < 0.55 then 'M' else 'F' end as sex,
        occupation(person_id, 'home') as home
    from range({slice} + 1, {persons} + 1, {slices}) as numbers (person_id)
),
jobs as (
    select
        *,
        person_id * 32 + job_no as spell_id,
        0.2 + expo(person_id * 32 + job_no, 'length', 1) as length,
        case when job_no = 1 then 0 else expo(person_id * 32 + job_no, 'gap', 0.3) end as gap
    from (select *, unnest(range(1, jobs + 1)) as job_no from persons) as numbered
),
timed as (
    select
        *,
        sum(gap + length) over (partition by person_id order by job_no) as reached,
        sum(gap + length) over (partition by person_id) + 0.15 as whole,
        as_of() - entry_date as days
    from jobs
),
dated as (
    select
        *,
        entry_date + cast(floor((reached - length) / whole * days) as integer) as acquisition_date,
        -- one in sixteen jobs runs into the next one
        greatest(1, cast(floor(
            length / whole * days * case when u(spell_id, 'second job') < 0.06 then 1.8 else 1 end
        ) as integer)) as tenure,
        job_no = jobs and u(spell_id, 'holds') < 0.7 as is_held
    from timed
)
select
    printf('%013d', spell_id) as spell_no,
    token(person_id) as person_key,
    person_id,
    case when u(person_id, 'no birth') >= 0.002 then birth_year end as birth_year,
    sex,
    cast(workplace(spell_id, 'workplace') as varchar) as workplace_no,
    acquisition_date,
    case
        when u(spell_id, 'inverted') < 0.001 then acquisition_date - 3
        when not is_held and acquisition_date + tenure <= as_of() then acquisition_date + tenure
    end as loss_date,
    acquisition_date + cast(expo(spell_id, 'report', 9) as integer) as first_received_date,
    loss_date + cast(expo(spell_id, 'loss report', 9) as integer) as loss_received_date,
    case when u(spell_id, 'daily') < 0.04 then 'DAILY' else 'REGULAR' end as worker_type,
    worker_type <> 'DAILY' as is_headline,
    case when loss_date is not null then draw(['11', '11', '11', '12', '22', '23', '26', '31', '32'], spell_id, 'reason', 1) end
        as loss_reason_code,
    case
        when u(spell_id, 'no code') >= 0.03
            then occupation_code(case when u(spell_id, 'stays') < 0.6 then home else occupation(spell_id, 'other') end)
    end as occupation_code,
    cast(case when u(spell_id, 'part time') < 0.15 then 15 + floor(u(spell_id, 'hours') * 20) else 40 end as decimal(6, 2))
        as weekly_hours,
    case
        when u(spell_id, 'no pay') >= 0.02
            then cast(1000 * round(2100 * exp(0.4 * (expo(spell_id, 'pay', 1) + u(person_id, 'pay')) - 0.2)) as bigint)
        else 0
    end as monthly_pay_krw,
    case when u(spell_id, 'fixed term') < 0.2 then strftime(acquisition_date + 365, '%Y%m') end as contract_end_ym,
    coalesce(loss_date <= acquisition_date, false) as is_inverted,
    'insurance_events' as source_id
from dated;
copy (from spells order by acquisition_date, spell_no)
to '{folder}/fct_insured_spells/{slice}.parquet' (compression zstd, row_group_size 122880);

create or replace temp table seekers as
select
    number,
    1 + cast(floor(u(number, 'seeker') * {persons}) as bigint) as person_id,
    date '2019-01-01' + cast(floor(u(number, 'registered') * (as_of() - date '2019-01-01')) as integer) as reg_date,
    u(number, 'outcome') as outcome
from range({slice} + 1, {registrations} + 1, {slices}) as numbers (number);
copy (
    select
        printf('R%011d', number) as seeker_reg_no,
        token(person_id) as person_key,
        reg_date,
        reg_date + 90 as valid_until,
        case when outcome < 0.35 then 'EMPLOYED' when outcome < 0.45 then 'CANCELLED' else 'ACTIVE' end as status,
        case when outcome < 0.45 then least(as_of(), reg_date + cast(expo(number, 'leaves', 60) as integer)) end as status_date,
        case when outcome < 0.45 then status_date when reg_date + 90 < as_of() then reg_date + 91 end as ended_on,
        draw({regions}, number, 'region', 1.5) as region_code,
        occupation_code(occupation(number, 'wish')) as desired_occupation_code,
        left(occupation_code(occupation(number, 'wish')), 2) as occupation_group,
        'seeker_registrations' as source_id
    from seekers
    order by reg_date, number
) to '{folder}/fct_registration_spells/{slice}.parquet' (compression zstd);
copy (
    select
        cast(number as integer) as episode_no,
        token(person_id) as person_key,
        person_id,
        printf('R%011d', number) as seeker_reg_no,
        reg_date,
        reg_date + cast(expo(number, 'service', 10) as integer) as start_date,
        'service_episodes' as source_id
    from seekers
    order by reg_date, number
) to '{folder}/int_episodes__described/{slice}.parquet' (compression zstd);

copy (
    select
        printf('T%011d', number) as enrolment_no,
        token(person_id) as person_key,
        person_id,
        printf('C%05d', cast(floor(pow(u(number, 'course'), 2) * 20000) as integer)) as course_id,
        date '2019-01-01' + cast(floor(u(number, 'enrolled') * (as_of() - date '2019-01-01')) as integer) as enrolled_date,
        case when enrolled_date + length <= as_of() then enrolled_date + length end as ended_date,
        case when enrolled_date + length > as_of() then 'ENROLLED' when u(number, 'completes') < 0.8 then 'COMPLETED' else 'DROPPED' end
            as status,
        'training_enrolments' as source_id
    from (
        select
            number,
            1 + cast(floor(u(number, 'trainee') * {persons}) as bigint) as person_id,
            20 + cast(expo(number, 'length', 60) as integer) as length
        from range({slice} + 1, {enrolments} + 1, {slices}) as numbers (number)
    ) as trainees
    order by enrolled_date, number
) to '{folder}/fct_training_enrolments/{slice}.parquet' (compression zstd);

create or replace temp table vacancies as
with
submitted as (
    select
        number,
        u(number, 'scope') < 0.8 as is_submission,
        date '2021-10-01' + cast(floor(u(number, 'submitted') * (as_of() - date '2021-10-01')) as integer) as registered_date,
        u(number, 'state') as state,
        occupation(number, 'vacancy') as occupation,
        1900 + 100 * cast(floor(expo(number, 'wage', 9)) as integer) as wage,
        1 + cast(floor(expo(number, 'openings', 1.2)) as bigint) as openings
    from range({slice} + 1, {vacancies} + 1, {slices}) as numbers (number)
),
judged as (
    select
        *,
        case
            when not is_submission then null
            when state < 0.62 then 'posted'
            when state < 0.76 then 'rejected'
            when state < 0.80 then 'duplicate'
            when state < 0.84 then 'withdrawn'
            when registered_date + 60 < as_of() then 'expired_undecided'
            when state < 0.92 then 'returned_open'
            when state < 0.96 then 'held_open'
            else 'pending'
        end as posting_state,
        least(as_of(), registered_date + cast(expo(number, 'decided', 1.5) as integer)) as decided_date
    from submitted
)
select
    *,
    case when is_submission then 'pes:K' else 'portal_vacancies:P' end || printf('%012d', number) as vacancy_key,
    case when posting_state = 'posted' or not is_submission then decided_date end as posted_from,
    least(30 + cast(expo(number, 'stands', 20) as integer), 90) as stands,
    case when decided_date + stands <= as_of() then posted_from + stands end as closed_on
from judged;
copy (
    select
        vacancy_key,
        case when is_submission then 'pes' else 'private' end as scope,
        'KR' as country,
        case when is_submission then 'vacancy_submissions' end as submission_source_id,
        case when not is_submission then 'portal_vacancies' end as posting_source_id,
        split_part(vacancy_key, ':', 2) as posting_id,
        is_submission,
        registered_date,
        draw(['ONLINE', 'OFFICE', 'PHONE', 'PARTNER_PUBLIC', 'PARTNER_PRIVATE'], number, 'channel', 2) as channel_code,
        printf('O01%04d', cast(floor(pow(u(number, 'office'), 1.5) * 170) as integer)) as office_code,
        cast(workplace(number, 'employer') as varchar) as workplace_no,
        'KECO' as occupation_scheme,
        occupation_code(occupation) as occupation_code,
        occupation_code(occupation) as current_occupation_code,
        draw({regions}, number, 'place', 1.5) as region_code,
        'KRW' as wage_currency,
        cast(case when u(number, 'no wage') >= 0.15 then wage * 1000 end as decimal(18, 2)) as wage_month_min,
        cast(case when u(number, 'no wage') >= 0.45 then wage * 1000 + 300000 end as decimal(18, 2)) as wage_month_max,
        draw(['00', '03', '04', '05', '06'], number, 'education', 1) as education_code,
        openings,
        cast(case when u(number, 'career') < 0.4 then 12 * floor(u(number, 'years') * 6) end as bigint) as career_months,
        posted_from,
        closed_on,
        case when u(number, 'inactive') < 0.1 then posted_from + 20 end as inactive_from,
        false as is_inactive_provisional,
        posting_state,
        left(occupation_code(occupation), 2) as occupation_group
    from vacancies
    order by registered_date, number
) to '{folder}/fct_vacancies/{slice}.parquet' (compression zstd);
copy (
    select
        vacancy_key || ':' || step_code as review_key,
        vacancy_key,
        step_code,
        step_code = 'S3_ALGORITHM' as is_machine,
        case step_code
            when 'S1_OFFICE' then case when u(number, 'return') < 0.08 then 'RETURN' else 'ACCEPT' end
            when 'S3_ALGORITHM' then case when u(number, 'hold') < 0.12 then 'HOLD' else 'PASS' end
            else case when posting_state = 'rejected' then 'CONFIRMED_BAD' when u(number, 'held') < 0.05 then 'HOLD' else 'CONFIRMED_OK' end
        end as decision,
        decided_date
    from (
        select
            *,
            unnest(case when u(number, 'called') < 0.25 then ['S1_OFFICE', 'S3_ALGORITHM', 'S2_CALLCENTER'] else ['S1_OFFICE', 'S3_ALGORITHM'] end)
                as step_code
        from vacancies
        where is_submission and posting_state <> 'pending'
    ) as steps
    order by decided_date, number
) to '{folder}/fct_posting_review/{slice}.parquet' (compression zstd);
copy (
    select
        vacancy_key,
        step.state as state,
        step.valid_from as valid_from,
        case when step.state = 'closed' and u(number, 'taken down') < 0.02 then 'TAKEN_DOWN' else 'OTHER' end as reason
    from (
        select
            *,
            unnest(case
                when posting_state = 'pending' then [{{'state': 'pending', 'valid_from': registered_date}}]
                when closed_on is not null
                    then [
                        {{'state': 'pending', 'valid_from': registered_date}},
                        {{'state': 'posted', 'valid_from': posted_from}},
                        {{'state': 'closed', 'valid_from': closed_on}}
                    ]
                else [
                    {{'state': 'pending', 'valid_from': registered_date}},
                    {{'state': posting_state, 'valid_from': decided_date}}
                ]
            end) as step
        from vacancies
        where is_submission
    ) as steps
    order by registered_date, number
) to '{folder}/fct_posting_status/{slice}.parquet' (compression zstd);
copy (
    select
        vacancy_key,
        case when posting_state <> 'pending' then decided_date end as first_decided_date,
        cast(u(number, 'return') < 0.08 as bigint) + cast(u(number, 'held') < 0.05 as bigint) as returns_or_holds
    from vacancies
    where is_submission and posting_state <> 'pending'
    order by registered_date, number
) to '{folder}/int_vacancy_reviews__states/{slice}.parquet' (compression zstd);
copy (
    select
        vacancy_key,
        posted_from,
        openings,
        least(openings, cast(floor(u(number, 'filled') * (openings + 1)) as bigint)) as openings_filled,
        case when openings_filled = openings then posted_from + cast(expo(number, 'fills', 25) as integer) end as filled_on,
        posted_from + 120 > as_of() as is_provisional,
        case when u(number, 'referred') < 0.1 then posted_from + 15 end as referrals_filled_on
    from vacancies
    where posted_from is not null
    order by registered_date, number
) to '{folder}/int_vacancies__filled/{slice}.parquet' (compression zstd);

copy (
    select
        cast(workplace_number as varchar) as workplace_no,
        cast(100000000 + (workplace_number - 10000000000) * 5 // 6 as varchar) as business_no,
        chr(cast(65 + floor(pow(u(workplace_number, 'section'), 1.5) * 21) as integer)) as industry_section,
        draw({regions}, workplace_number, 'region', 1.5) as region_code,
        'workplaces' as source_id
    from range(10000000000 + {slice}, 10000000000 + {workplaces}, {slices}) as numbers (workplace_number)
) to '{folder}/dim_workplace/{slice}.parquet' (compression zstd);
