package milvus

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/milvus-io/milvus-proto/go-api/v2/commonpb"
	"github.com/milvus-io/milvus-proto/go-api/v2/milvuspb"
	"github.com/milvus-io/milvus-sdk-go/v2/client"
	"github.com/milvus-io/milvus-sdk-go/v2/entity"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/pikamem/pika"
)

// pollEvery is how often the state of a build or a load is asked for.
const pollEvery = 100 * time.Millisecond

// Migrate makes the configured database and the collections of a model, their indexes
// as configured, and loads them; an alias that is not there yet is set to them. What is there already stays,
// except an index that is not as configured: it is built anew, and searches fail
// until that is done. Several processes may migrate at once.
//
// A collection that is there and of another schema is a Conflict. An index that the
// server accepts and never builds is Unavailable after Config.SetupTimeout.
func (s *Store) Migrate(ctx context.Context, model pika.EmbeddingModel) error {
	if err := checkModel(model, s.config.Index); err != nil {
		return err
	}
	if err := s.migrateDatabase(ctx); err != nil {
		return err
	}
	m := migration{
		Store: s, dimensions: model.Dimensions,
		partitions: sync.OnceValues(func() (int, error) { return s.partitions(ctx) }),
		indexWorks: sync.OnceValue(func() error { return s.checkIndex(ctx, model.Dimensions) }),
	}
	for _, corpus := range corpora {
		if err := m.migrate(ctx, s.config.collectionName(corpus, model)); err != nil {
			return err
		}
		if err := s.aliasIfMissing(ctx, corpus, model); err != nil {
			return err
		}
	}
	return nil
}

// migration is one run of Migrate. What it must find out about the server it finds out
// when it is first needed, and once.
type migration struct {
	*Store
	dimensions int
	partitions func() (int, error)
	indexWorks func() error
}

func (m *migration) migrate(ctx context.Context, name string) error {
	have, err := m.describe(ctx, name)
	if err == nil && have == nil {
		have, err = m.create(ctx, name)
	}
	if err != nil {
		return err
	}
	if why := compareSchema(have.Schema, schema(name, m.dimensions, false)); why != "" {
		return pika.Errorf(pika.Conflict, "the collection %s is of another schema (%s): drop it or configure another prefix, then run `pika migrate` and `pika reconcile`", name, why)
	}
	if err := m.migrateIndex(ctx, name); err != nil {
		return err
	}
	return m.load(ctx, name)
}

// setup makes one step of a migration within its time limit.
func (s *Store) setup(ctx context.Context, what string, step func(ctx context.Context, c *client.GrpcClient) error) error {
	return s.call(ctx, what, s.config.SetupTimeout, step)
}

// describe returns a collection, nil if there is none of the name.
func (s *Store) describe(ctx context.Context, name string) (*entity.Collection, error) {
	var found *entity.Collection
	err := s.setup(ctx, "describe the collection "+name, func(ctx context.Context, c *client.GrpcClient) error {
		var err error
		found, err = describe(ctx, c, name)
		return err
	})
	return found, err
}

func describe(ctx context.Context, c *client.GrpcClient, name string) (*entity.Collection, error) {
	found, err := c.DescribeCollection(ctx, name)
	if isMissing(err) {
		return nil, nil
	}
	return found, err
}

// isMissing says that err is a server's word for a collection that is not there.
func isMissing(err error) bool {
	var refused *statusError
	return errors.As(err, &refused) && (refused.code == 100 || refused.legacy == commonpb.ErrorCode_CollectionNotExists ||
		strings.Contains(refused.reason, "can't find collection") || strings.Contains(refused.reason, "collection not found"))
}

// create makes a collection. Another process may make the same one at this moment:
// what is there afterwards counts.
func (m *migration) create(ctx context.Context, name string) (*entity.Collection, error) {
	partitions, err := m.partitions()
	if err != nil {
		return nil, err
	}
	createErr := m.setup(ctx, "create the collection "+name, func(ctx context.Context, c *client.GrpcClient) error {
		return createCollection(ctx, c, schema(name, m.dimensions, partitions > 1), partitions)
	})
	found, err := m.describe(ctx, name)
	if err == nil && found == nil {
		err = firstError(createErr, pika.Errorf(pika.Unavailable, "Milvus made the collection %s and does not have it: run `pika migrate` again", name))
	}
	return found, err
}

func createCollection(ctx context.Context, c *client.GrpcClient, schema *entity.Schema, partitions int) error {
	options := []client.CreateCollectionOption{client.WithConsistencyLevel(entity.ClBounded)}
	if partitions > 1 {
		options = append(options, client.WithPartitionNum(int64(partitions)))
	}
	return c.CreateCollection(ctx, schema, 1, options...)
}

// migrateIndex makes the index as configured, in the place of another one.
func (m *migration) migrateIndex(ctx context.Context, name string) error {
	fits, err := m.indexFits(ctx, name)
	if err == nil && !fits && m.config.Index.gpu() {
		err = m.indexWorks()
	}
	if err != nil {
		return err
	}
	return m.setup(ctx, "build the index of "+name, func(ctx context.Context, c *client.GrpcClient) error {
		have, err := describeIndex(ctx, c, name)
		if err != nil {
			return err
		}
		want := m.config.Index.build(m.dimensions)
		if have != nil && compareIndex(have, want) != "" {
			if err := dropIndex(ctx, c, name, have.GetIndexName()); err != nil {
				return err
			}
			have = nil
		}
		if have == nil {
			if err := createIndex(ctx, c, name, want); err != nil {
				return err
			}
		}
		return m.awaitIndex(ctx, c, name, 0)
	})
}

// indexFits says that a collection has the index as configured.
func (m *migration) indexFits(ctx context.Context, name string) (bool, error) {
	fits := false
	err := m.setup(ctx, "describe the index of "+name, func(ctx context.Context, c *client.GrpcClient) error {
		have, err := describeIndex(ctx, c, name)
		fits = err == nil && have != nil && compareIndex(have, m.config.Index.build(m.dimensions)) == ""
		return err
	})
	return fits, err
}

// createIndex asks for an index and does not wait for it. One that is there by now, by
// another process, is no error.
func createIndex(ctx context.Context, c *client.GrpcClient, collection string, index entity.Index) error {
	err := c.CreateIndex(ctx, collection, vectorField, index, true, client.WithIndexName(vectorField))
	if err == nil {
		return nil
	}
	have, describeErr := describeIndex(ctx, c, collection)
	if describeErr == nil && have != nil && compareIndex(have, index) == "" {
		return nil
	}
	return err
}

// dropIndex takes the collection out of service first, as the server demands.
func dropIndex(ctx context.Context, c *client.GrpcClient, collection, index string) error {
	if err := c.ReleaseCollection(ctx, collection); err != nil {
		return err
	}
	return c.DropIndex(ctx, collection, vectorField, client.WithIndexName(index))
}

// describeIndex returns the index of the vectors, nil if there is none.
func describeIndex(ctx context.Context, c *client.GrpcClient, collection string) (*milvuspb.IndexDescription, error) {
	answer, err := c.Service.DescribeIndex(ctx, &milvuspb.DescribeIndexRequest{CollectionName: collection, FieldName: vectorField})
	var refused *statusError
	if errors.As(err, &refused) && (refused.code == 700 || refused.legacy == commonpb.ErrorCode_IndexNotExist || strings.Contains(refused.reason, "index not found")) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for _, d := range answer.GetIndexDescriptions() {
		if d.GetFieldName() == vectorField {
			return d, nil
		}
	}
	return nil, nil
}

// awaitIndex waits until the build has ended and at least so many rows are in it. Some
// servers accept kinds they cannot build and stay at it for ever, so that a passed
// time limit is a finding.
func (s *Store) awaitIndex(ctx context.Context, c *client.GrpcClient, collection string, rows int64) error {
	built := "no answer"
	err := poll(ctx, func() (bool, error) {
		index, err := describeIndex(ctx, c, collection)
		if err != nil || index == nil {
			return false, err
		}
		built = fmt.Sprintf("%d of %d rows", index.GetIndexedRows(), max(rows, index.GetTotalRows()))
		if index.GetState() == commonpb.IndexState_Failed {
			return false, pika.Wrap(pika.Unavailable, errors.New(index.GetIndexStateFailReason()),
				"Milvus cannot build the index %s of %s: configure another index, or a server that is built for it", s.config.Index.Kind, collection)
		}
		return index.GetState() == commonpb.IndexState_Finished && index.GetIndexedRows() >= rows, nil
	})
	if errors.Is(err, context.DeadlineExceeded) {
		return pika.Wrap(pika.Unavailable, err, "Milvus has accepted the index %s of %s and not built it in time (%s): if it is a kind for GPUs, the server must be built for them; if there are many rows, raise setup_timeout and run `pika migrate` again",
			s.config.Index.Kind, collection, built)
	}
	return err
}

// load takes a collection into service and waits until it is.
func (s *Store) load(ctx context.Context, collection string) error {
	return s.setup(ctx, "load the collection "+collection, func(ctx context.Context, c *client.GrpcClient) error {
		if err := c.LoadCollection(ctx, collection, true); err != nil {
			return err
		}
		err := poll(ctx, func() (bool, error) {
			state, err := c.GetLoadState(ctx, collection, nil)
			return state == entity.LoadStateLoaded, err
		})
		if errors.Is(err, context.DeadlineExceeded) {
			return pika.Wrap(pika.Unavailable, err, "Milvus has not loaded the collection %s in time: check its memory, raise setup_timeout and run `pika migrate` again", collection)
		}
		return err
	})
}

// poll asks until the answer is yes, an error, or ctx ends, which is a
// context.DeadlineExceeded also where the server noticed it first.
func poll(ctx context.Context, done func() (bool, error)) error {
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for {
		ok, err := done()
		switch {
		case status.Code(err) == codes.DeadlineExceeded:
			return fmt.Errorf("wait: %w", context.DeadlineExceeded)
		case ok || err != nil && ctx.Err() == nil:
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait: %w", ctx.Err())
		case <-ticker.C:
		}
	}
}
