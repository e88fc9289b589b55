// Package gateway is Pika's face to the network: the HTTP API of the contract on
// chi, described by huma as OpenAPI 3.1.
//
// What may come in: routes, wire types, the checks of what a caller sends, the table
// from pika.Code to HTTP status, and middleware. What may not: any decision about
// facts, any store, any driver, and nothing of Temporal: jobs are started and asked
// about through pika.Engine.
//
// A request passes the middleware in the order of [New], then one handler. Handlers
// return an error; one adapter turns it into a problem document. A body is checked
// before it is decoded: first as JSON (json.go), then against the schema that the
// OpenAPI document publishes (check.go), so that what is documented and what is
// accepted are one thing.
package gateway
