package milvus

import (
	"context"
	"errors"

	"github.com/milvus-io/milvus-proto/go-api/v2/milvuspb"
	"github.com/milvus-io/milvus-sdk-go/v2/client"

	"github.com/pikamem/pika"
)

// DropEverything drops a model's collections and the aliases, for tests.
func (s *Store) DropEverything(ctx context.Context, model pika.EmbeddingModel) error {
	var err error
	for _, corpus := range corpora {
		active, describeErr := s.describe(ctx, s.config.aliasName(corpus))
		if active != nil && active.Name == s.config.collectionName(corpus, model) {
			describeErr = s.dropAlias(ctx, s.config.aliasName(corpus))
		}
		err = errors.Join(err, describeErr, s.drop(ctx, s.config.collectionName(corpus, model)))
	}
	return err
}

func (s *Store) dropAlias(ctx context.Context, alias string) error {
	return s.setup(ctx, "drop the alias "+alias, func(ctx context.Context, c *client.GrpcClient) error {
		return c.DropAlias(ctx, alias)
	})
}

// DropDatabase drops the configured database, which must be empty.
func (s *Store) DropDatabase(ctx context.Context) error {
	return s.setup(ctx, "drop the database", func(ctx context.Context, c *client.GrpcClient) error {
		return c.DropDatabase(ctx, s.config.Database)
	})
}

// flushAttempts: a server of 2.3.5 that works hard sometimes loses a build that it
// has accepted; asked anew, it builds.
const flushAttempts = 3

// Flush seals the rows of a model's facts, so that their index is built, and waits
// until so many rows are searched through it.
func (s *Store) Flush(ctx context.Context, model pika.EmbeddingModel, rows int64) error {
	name := s.config.collectionName(pika.CorpusFacts, model)
	for attempt := 1; ; attempt++ {
		err := s.flush(ctx, name, rows)
		if !errors.Is(err, context.DeadlineExceeded) || attempt == flushAttempts {
			return err
		}
		if err := s.buildAnew(ctx, name, model); err != nil {
			return err
		}
	}
}

func (s *Store) flush(ctx context.Context, name string, rows int64) error {
	return s.setup(ctx, "flush", func(ctx context.Context, c *client.GrpcClient) error {
		if err := c.Flush(ctx, name, false); err != nil {
			return err
		}
		if err := s.awaitIndex(ctx, c, name, rows); err != nil {
			return err
		}
		return poll(ctx, func() (bool, error) {
			segments, err := c.Service.GetQuerySegmentInfo(ctx, &milvuspb.GetQuerySegmentInfoRequest{CollectionName: name})
			var indexed int64
			for _, segment := range segments.GetInfos() {
				if segment.GetIndexID() != 0 {
					indexed += segment.GetNumRows()
				}
			}
			return indexed >= rows, err
		})
	})
}

// buildAnew takes the index away and lets a migration make it again.
func (s *Store) buildAnew(ctx context.Context, name string, model pika.EmbeddingModel) error {
	err := s.setup(ctx, "drop the index", func(ctx context.Context, c *client.GrpcClient) error {
		return dropIndex(ctx, c, name, vectorField)
	})
	if err != nil {
		return err
	}
	return s.Migrate(ctx, model)
}

// The insides that tests look at.
var (
	CheckIndex     = (*Store).checkIndex
	Quote          = quote
	Translate      = translate
	CollectionName = Config.collectionName
)
