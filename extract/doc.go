// Package extract is the write path without its I/O: it cuts a conversation into
// chunks, writes the prompt for one chunk, reads and repairs a model's answer,
// checks every item of it, and turns what is usable into facts with ids and keys
// that are the same on every retry.
//
// What may come in: pure functions over the vocabulary of package pika. What may
// not: stores, models, networks, clocks, randomness. DryRun alone calls out, to the
// extractor it is given.
package extract
