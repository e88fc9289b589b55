package neo4j

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/neo4j/neo4j-go-driver/v5/neo4j"

	"github.com/pikamem/pika"
)

// schemaVersion is raised with every change of the model; Migrate brings older
// databases there.
const schemaVersion = 1

// schema are the constraints; each brings the index that its writes and reads use.
var schema = []string{
	"CREATE CONSTRAINT pika_schema IF NOT EXISTS FOR (s:PikaSchema) REQUIRE s.id IS UNIQUE",
	"CREATE CONSTRAINT pika_lock IF NOT EXISTS FOR (l:PikaLock) REQUIRE l.id IS UNIQUE",
	"CREATE CONSTRAINT pika_fact IF NOT EXISTS FOR (f:Fact) REQUIRE f.key IS UNIQUE",
	"CREATE CONSTRAINT pika_entity IF NOT EXISTS FOR (e:Entity) REQUIRE e.key IS UNIQUE",
	"CREATE CONSTRAINT pika_about IF NOT EXISTS FOR ()-[r:ABOUT]-() REQUIRE (r.entity, r.fact) IS UNIQUE",
}

const (
	awaitIndexes = "CALL db.awaitIndexes($seconds)"
	makeLocks    = "UNWIND range(0, $locks - 1) AS number MERGE (:PikaLock {id: number})"
	setVersion   = "MERGE (s:PikaSchema {id: 'pika'}) SET s.version = $version"
	readVersion  = "OPTIONAL MATCH (s:PikaSchema {id: 'pika'}) RETURN coalesce(s.version, 0)"
)

// Migrate makes the constraints, locks and schema version that the graph needs, and
// leaves what is there as it is. It may run several times, and several at once. A
// schema that a newer Pika made is refused.
func (g *Graph) Migrate(ctx context.Context) error {
	const what = "set up the graph"
	version, err := g.version(ctx, what, g.config.SetupTimeout)
	if err != nil {
		return err
	}
	if version > schemaVersion {
		return pika.Errorf(pika.Unavailable, "%s", schemaNewer)
	}
	return g.call(ctx, what, g.config.SetupTimeout, neo4j.AccessModeWrite, writeTries, func(ctx context.Context, s neo4j.SessionWithContext) error {
		for _, statement := range schema {
			if err := run(ctx, s, statement, nil); err != nil && !sameRule(err) {
				return err
			}
		}
		return errors.Join(
			run(ctx, s, awaitIndexes, map[string]any{"seconds": int(g.config.SetupTimeout.Seconds()) + 1}),
			run(ctx, s, makeLocks, map[string]any{"locks": locks}),
			run(ctx, s, setVersion, map[string]any{"version": schemaVersion}),
		)
	})
}

// run runs one statement in a transaction of its own.
func run(ctx context.Context, s neo4j.SessionWithContext, statement string, params map[string]any) error {
	result, err := s.Run(ctx, statement, params)
	if err != nil {
		return err
	}
	_, err = result.Consume(ctx)
	return err
}

// sameRule reports that another Migrate made the constraint at the same time.
func sameRule(err error) bool {
	return slices.Contains([]string{
		"Neo.ClientError.Schema.EquivalentSchemaRuleAlreadyExists",
		"Neo.ClientError.Schema.ConstraintAlreadyExists",
	}, codeOf(err))
}

// Ping asks the server whether it can serve: that it can be connected to, takes the
// credentials, and has the schema of this program. Its errors are sentences that tell
// the operator what to do.
func (g *Graph) Ping(ctx context.Context) error {
	version, err := g.version(ctx, "ping the graph", g.config.WriteTimeout)
	switch {
	case err != nil:
		return err
	case version == 0:
		return errSchemaMissing()
	case version < schemaVersion:
		return pika.Errorf(pika.Unavailable, "%s", schemaOlder)
	case version > schemaVersion:
		return pika.Errorf(pika.Unavailable, "%s", schemaNewer)
	}
	return nil
}

// version returns the version of the schema; 0: there is none.
func (g *Graph) version(ctx context.Context, what string, timeout time.Duration) (int64, error) {
	rows, err := g.read(ctx, what, timeout, neo4j.AccessModeWrite, readVersion, nil)
	if err != nil || len(rows) != 1 {
		return 0, err
	}
	version, _ := rows[0].Values[0].(int64)
	return version, nil
}

func errSchemaMissing() *pika.Error { return pika.Errorf(pika.Unavailable, "%s", schemaMissing) }
