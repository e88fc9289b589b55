package milvus

import (
	"context"
	"strconv"

	"github.com/milvus-io/milvus-sdk-go/v2/client"

	"github.com/pikamem/pika"
)

// The size of the check: enough users that a server which puts their rows into wrong
// partitions is caught for certain, few enough to take a second or two.
const (
	checkPartitions = 16
	checkScopes     = 32
	checkRows       = 4 // of each scope
	checkDimensions = 4
)

// partitions returns how many partitions a new collection gets.
func (s *Store) partitions(ctx context.Context) (int, error) {
	if s.config.Partitions == 1 {
		return 1, nil
	}
	right, err := s.CheckPartitions(ctx)
	if err != nil || !right {
		return 1, err
	}
	return s.config.Partitions, nil
}

// CheckPartitions finds out whether the server finds rows again that were upserted
// into a collection with a partition key: servers before 2.3.8 put them into wrong
// partitions. It makes a collection of its own, upserts rows of many scopes twice and
// asks for each scope's rows under its filter, as a search would. The result decides
// only about collections that are made; those that are there keep what their schema
// says.
func (s *Store) CheckPartitions(ctx context.Context) (bool, error) {
	s.sweepChecks(ctx)
	name := s.checkName()
	defer s.dropCheck(ctx, name)
	if err := s.setup(ctx, "prepare the check of partitions", func(ctx context.Context, c *client.GrpcClient) error {
		if err := createCollection(ctx, c, schema(name, checkDimensions, true), checkPartitions); err != nil {
			return err
		}
		return createIndex(ctx, c, name, IndexConfig{Kind: Flat}.build(checkDimensions))
	}); err != nil {
		return false, err
	}
	if err := s.load(ctx, name); err != nil {
		return false, err
	}
	right := false
	err := s.setup(ctx, "check partitions", func(ctx context.Context, c *client.GrpcClient) (err error) {
		right, err = checkRouting(ctx, c, name)
		return err
	})
	return right, err
}

// checkRouting upserts every scope's rows twice, the second time in another order and
// batch, and counts them.
func checkRouting(ctx context.Context, c *client.GrpcClient, name string) (bool, error) {
	all := checkBatch()
	half := len(all.keys) / 2
	for _, b := range append(all.split(half*(4*checkDimensions+2*maxKeyBytes)), all) {
		if err := upsert(ctx, c, name, b); err != nil {
			return false, err
		}
	}
	for i := range checkScopes {
		n, err := countScope(ctx, c, name, checkScope(i))
		if err != nil || n != checkRows {
			return false, err
		}
	}
	return true, nil
}

func checkScope(i int) string {
	return pika.Scope{Tenant: "check", User: strconv.Itoa(i)}.ID()
}

// checkBatch returns the rows of all scopes, those of a scope far apart.
func checkBatch() batch {
	b := batch{dimensions: checkDimensions}
	for row := range checkRows {
		for i := range checkScopes {
			b.keys = append(b.keys, checkScope(i)+separator+strconv.Itoa(row))
			b.scopes = append(b.scopes, checkScope(i))
			b.digests, b.written = append(b.digests, 1), append(b.written, 0)
			b.vectors = append(b.vectors, []float32{1, 0, 0, 0})
		}
	}
	return b
}

// countScope counts a scope's rows under its filter, which leads the server to the
// partition it believes them in.
func countScope(ctx context.Context, c *client.GrpcClient, collection, scopeID string) (int, error) {
	request := listRequest(collection, scopeField+" == "+quote(scopeID), checkScopes*checkRows)
	answer, err := c.Service.Query(ctx, request)
	if err != nil {
		return 0, err
	}
	rows, err := readRows(answer.GetFieldsData())
	return len(rows), err
}
