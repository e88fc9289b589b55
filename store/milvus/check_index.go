package milvus

import (
	"context"
	"math"
	"strconv"

	"github.com/milvus-io/milvus-sdk-go/v2/client"

	"github.com/pikamem/pika"
)

// The check of an index needs a segment that the server builds an index for: those
// under 1,024 rows it only says to have built.
const (
	checkIndexRows  = 2048
	checkIndexBatch = 256
	checkIndexLists = "64"
)

// checkIndex builds a small index of the configured kind. A server without GPUs may
// accept a kind for them for an empty collection and never build it, so that the first
// users' rows would be the first to show it.
func (s *Store) checkIndex(ctx context.Context, dimensions int) error {
	s.sweepChecks(ctx)
	name := s.checkName()
	defer s.dropCheck(ctx, name)
	return s.setup(ctx, "check the index "+string(s.config.Index.Kind), func(ctx context.Context, c *client.GrpcClient) error {
		if err := createCollection(ctx, c, schema(name, dimensions, false), 1); err != nil {
			return err
		}
		if err := createIndex(ctx, c, name, s.config.Index.small().build(dimensions)); err != nil {
			return err
		}
		if err := fillCheck(ctx, c, name, dimensions); err != nil {
			return err
		}
		if err := c.Flush(ctx, name, false); err != nil {
			return err
		}
		return s.awaitIndex(ctx, c, name, checkIndexRows)
	})
}

// small returns the configuration for few rows.
func (c IndexConfig) small() IndexConfig {
	small := IndexConfig{Kind: c.Kind, Parameters: map[string]string{}}
	for name, value := range c.Parameters {
		small.Parameters[name] = value
	}
	if lists, _ := strconv.Atoi(checkIndexLists); c.number("nlist") > lists {
		small.Parameters["nlist"] = checkIndexLists
	}
	return small
}

// fillCheck writes rows of different directions.
func fillCheck(ctx context.Context, c *client.GrpcClient, name string, dimensions int) error {
	scope := pika.Scope{Tenant: "check"}.ID()
	for from := 0; from < checkIndexRows; from += checkIndexBatch {
		b := batch{dimensions: dimensions}
		for i := from; i < from+checkIndexBatch; i++ {
			b.keys, b.scopes = append(b.keys, scope+separator+strconv.Itoa(i)), append(b.scopes, scope)
			b.digests, b.written = append(b.digests, 1), append(b.written, 0)
			b.vectors = append(b.vectors, direction(i, dimensions))
		}
		if err := upsert(ctx, c, name, b); err != nil {
			return err
		}
	}
	return nil
}

// direction returns a unit vector that differs for every i.
func direction(i, dimensions int) []float32 {
	v := make([]float32, dimensions)
	var squares float64
	for j := range v {
		x := math.Sin(float64((i+1)*(j+1))) + 1e-3
		v[j] = float32(x)
		squares += x * x
	}
	for j := range v {
		v[j] /= float32(math.Sqrt(squares))
	}
	return v
}
