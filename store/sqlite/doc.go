// Package sqlite keeps everything Pika knows in one SQLite file: the truth about
// facts, messages and jobs, the keyword index, the vectors and the entity graph. It
// is what `pika dev` runs on, and it asks for no server and no C compiler.
//
// The file belongs to one process, which holds a lock beside it. All writes go
// through one connection and one bounded queue: the writer runs whatever waits in
// one transaction, each request under its own savepoint, so that concurrent callers
// share the price of a durable commit. Reads run beside it on a small pool, each on
// a consistent snapshot.
//
// What may come in: SQL, the schema, and the translation between rows and package
// pika. What may not: rules about facts (pika.Decide), the ranking formula (package
// keyword), and what a word is (package text).
package sqlite
