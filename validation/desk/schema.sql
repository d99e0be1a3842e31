-- The desk's own store. Days are local days, instants are UTC in ISO form; JSON columns hold lists or objects.
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);

CREATE TABLE IF NOT EXISTS reviewer (
    reviewer_id TEXT PRIMARY KEY,          -- working number, R001; the only trace of a person that leaves the desk
    name TEXT NOT NULL,
    token_hash TEXT NOT NULL UNIQUE,
    added_at TEXT NOT NULL,
    is_active INTEGER NOT NULL DEFAULT 1
);

CREATE TABLE IF NOT EXISTS session (
    session_hash TEXT PRIMARY KEY,
    reviewer_id TEXT NOT NULL REFERENCES reviewer,
    csrf TEXT NOT NULL,
    expires_at TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS employer (
    employer_no INTEGER PRIMARY KEY,       -- what addresses say, so that no name or registration number is in one
    employer_key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    history TEXT NOT NULL DEFAULT '[]',    -- earlier postings with the machine's and people's decisions
    registers TEXT NOT NULL DEFAULT '[]'   -- last answer of each register: register, value, since, as_of
);

-- One posting version for one reviewer; a doubly reviewed version has slots 1 and 2. Slot 0 asks something else of it:
-- whether it still stands open, because of signals.
CREATE TABLE IF NOT EXISTS item (
    item_no INTEGER PRIMARY KEY,
    source_id TEXT NOT NULL,
    record_hash TEXT NOT NULL,
    slot INTEGER NOT NULL,
    posting_id TEXT NOT NULL,
    load_id TEXT NOT NULL,
    employer_no INTEGER NOT NULL REFERENCES employer,
    submitted_date TEXT NOT NULL,
    channel_code TEXT NOT NULL,
    selection_code TEXT NOT NULL,          -- HELD, AUDIT, SIGNAL, REOPENED; shown to nobody at the desk
    is_double INTEGER NOT NULL,
    machine_decision TEXT NOT NULL,
    rule_set TEXT,
    context TEXT,
    score REAL,
    score_reasons TEXT NOT NULL,           -- what spoke loudest where the score holds: code, ko, en, weight
    risk REAL NOT NULL,                    -- 0 to 1
    codes TEXT NOT NULL,
    posting TEXT NOT NULL,
    findings TEXT NOT NULL,
    twins TEXT NOT NULL,
    signals TEXT NOT NULL DEFAULT '[]',    -- of step 4, slot 0 only: signal, its day, strength, evidence, labels
    not_before TEXT,                       -- day from which it may be called again
    state TEXT NOT NULL,                   -- open, claimed, decided, superseded
    claimed_by TEXT REFERENCES reviewer,
    claim_expires TEXT,
    UNIQUE (source_id, record_hash, slot)
);
CREATE INDEX IF NOT EXISTS item_state ON item (state);
CREATE INDEX IF NOT EXISTS item_posting ON item (source_id, posting_id);

CREATE TABLE IF NOT EXISTS review (
    review_id TEXT PRIMARY KEY,            -- D and 16 hex digits, from what was reviewed; equal work, equal id
    item_no INTEGER NOT NULL REFERENCES item,
    round INTEGER NOT NULL,
    reviewer_id TEXT NOT NULL REFERENCES reviewer,
    selection_code TEXT NOT NULL,
    decision TEXT NOT NULL,
    reason_codes TEXT NOT NULL,
    note TEXT,
    message_lang TEXT,
    message TEXT,
    call_attempts INTEGER NOT NULL,
    decided_at TEXT NOT NULL,
    decided_day TEXT NOT NULL,
    UNIQUE (item_no, round)
);
CREATE INDEX IF NOT EXISTS review_day ON review (decided_day);

-- Employers who disagree: a posting the rules rejected waits for a person, one that was decided waits for another.
CREATE TABLE IF NOT EXISTS appeal (
    posting_id TEXT NOT NULL,
    asked_at TEXT NOT NULL,
    note TEXT,
    PRIMARY KEY (posting_id, asked_at)
);

CREATE TABLE IF NOT EXISTS call (
    call_no INTEGER PRIMARY KEY,
    item_no INTEGER NOT NULL REFERENCES item,
    reviewer_id TEXT NOT NULL REFERENCES reviewer,
    outcome TEXT NOT NULL,
    note TEXT,
    called_at TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS contact_view (
    view_no INTEGER PRIMARY KEY,
    item_no INTEGER NOT NULL REFERENCES item,
    posting_id TEXT NOT NULL,
    reviewer_id TEXT NOT NULL REFERENCES reviewer,
    purpose TEXT NOT NULL,
    viewed_at TEXT NOT NULL
);
