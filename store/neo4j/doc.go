// Package neo4j is the entity graph of production: pika.Graph and pika.Rows on a
// Neo4j server of version 5.23 or later.
//
// What may come in: the model of facts and entities as nodes, their writes, bounded
// walks and comparison, and everything that is particular to Neo4j and its Go driver.
// What may not: text, names, vectors or validity, and anything that the truth decides.
//
// The model:
//
//	(:Fact   {key, scope, fact, predicate, entities, digest, written_at})
//	(:Entity {key, scope, entity})
//	(:Fact)-[:ABOUT {entity, fact, scope, position}]->(:Entity)
//
// The id of the scope stands on every node and every edge and in every pattern. A key
// is the id of the scope, a slash and the id; an edge is named by the key of its entity
// and the id of its fact. All names follow from what they name, so that every write may
// run twice. Neo4j orders text of its indexes and of stored properties by their UTF-8
// bytes, as the contract wants it, but compares it with parameters in UTF-16: no query
// compares ids with parameters other than by an index.
//
// Writers of one user take turns: each takes one of 256 locks first, chosen by the
// scope. So no entity is removed as untouched while a fact is being linked to it, and
// no two writers of one user wait for each other in a circle.
package neo4j
