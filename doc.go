// Package pika is the vocabulary of Pika, a long-term memory for AI assistants,
// and the ports that its parts meet at.
//
// What may come in: the words every other package speaks (Fact, Scope, Message,
// Job, Query, Error), the limits and rules that hold everywhere (one place each),
// and a port wherever two implementations stand behind it. What may not: any
// import outside the standard library, any I/O, any knowledge of a driver.
//
// # Contracts that hold for every port
//
//   - Context first. A context that is already cancelled or past its deadline makes
//     the method return an error e with errors.Is(e, ctx.Err()), and changes nothing.
//     A context that ends midway either lets the whole call take effect or none of it.
//   - Scope. A method that takes a Scope reads and writes only rows of that tenant
//     and user. Ids of another scope behave exactly like ids that do not exist.
//   - Errors are *Error values (or wrap one); an error with no *Error inside counts
//     as Internal. Input that breaks a stated limit is Invalid and changes nothing.
//   - Times are UTC with microsecond precision; stores round down to it.
//   - Strings are valid UTF-8 and come back byte for byte.
//   - Every method may be called from many goroutines at once.
package pika
