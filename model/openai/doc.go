// Package openai speaks to servers with OpenAI's HTTP interface: Extractor finds
// facts by chat completion, Reranker orders them by a question, Embedder makes vectors.
//
// Servers differ in what they take. The client starts with what OpenAI itself takes,
// steps down when a server refuses a parameter, and remembers for its lifetime what
// was taken. Every call has a deadline; nothing is retried here but an extractor's answer
// that could not be used, at most twice: the engine above repeats calls that failed.
//
// What may come in: the wire format of these servers and the failures they are known
// for, and the prompt of the Reranker. What may not: prompts, schemas and the reading of
// answers of extraction (package extract), caches, and any text of a user or a key in an
// error.
package openai
