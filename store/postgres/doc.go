// Package postgres keeps the truth in PostgreSQL 15 or newer: facts with valid and
// recorded time, sources, history, entities, messages, jobs, what the projections are
// owed, the raw vectors indexes are rebuilt from, the keyword index and the API keys.
//
// Isolation. Every table of users' data names its tenant, and row-level security,
// forced on the owner too, shows a transaction only the rows of the tenant it has set;
// one that set none sees nothing and writes nothing. The few operations that are for
// all tenants (the outbox, the census, the keys) set a second parameter. A role that
// row-level security does not bind (a superuser, BYPASSRLS) is refused.
//
// Concurrency. Everything that writes a user's facts or messages does so in one
// transaction under one advisory lock per user. Statements travel in batches: a commit
// of any size is two round trips, most reads are one. All settings are made inside the
// transaction, so that a pooler may hand out another connection for each. Behind
// PgBouncer in transaction mode add default_query_exec_mode=cache_describe to the URL.
//
// Bytes. Text is compared and ordered byte by byte (COLLATE "C"), as everywhere in
// Pika. PostgreSQL takes no U+0000 and no invalid UTF-8; escape keeps both.
//
// The keys that make a request idempotent need no table: a job's id derives from its
// key (pika.KeyedJobID), so the primary keys of jobs and commits are that memory.
//
// What may come in: SQL, the schema, and the translation between rows and package
// pika. What may not: rules about facts (pika.Decide), what a commit changes (package
// truth), the ranking formula (package keyword), and what a word is (package text).
package postgres
