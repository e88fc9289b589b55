package milvus

import (
	"context"
	"errors"

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

// The insides that tests look at.
var (
	Quote          = quote
	Translate      = translate
	CollectionName = Config.collectionName
)
