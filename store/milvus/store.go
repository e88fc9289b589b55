package milvus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/milvus-io/milvus-sdk-go/v2/client"

	"github.com/pikamem/pika"
)

// Store is a Milvus server, or a database of one. It may be used by many goroutines.
type Store struct {
	config      Config
	connections []*client.GrpcClient
	turn        atomic.Uint32
	closed      atomic.Bool
	closing     sync.Once

	mutex  sync.Mutex
	models []pika.EmbeddingModel // those that Index was asked for, for Ping
}

// Open returns the store that c describes. It checks c (Invalid names the field) and
// needs no server: connections are made when they are needed, and anew after the
// server was away; until then every call fails with a sentence that says so.
func Open(c Config) (*Store, error) {
	c = c.withDefaults()
	if err := c.validate(); err != nil {
		return nil, err
	}
	m, err := newMetrics(c.Registerer)
	if err != nil {
		return nil, fmt.Errorf("register the metrics of Milvus: %w", err)
	}
	s := &Store{config: c}
	for range c.Connections {
		connection, err := connect(c, m)
		if err != nil {
			return nil, pika.Wrap(pika.Invalid, errors.Join(err, s.Close()), "address: Milvus cannot be reached by what is configured")
		}
		s.connections = append(s.connections, connection)
	}
	return s, nil
}

// Close closes the connections; requests under way fail. Closing twice is no error.
func (s *Store) Close() error {
	var err error
	s.closing.Do(func() {
		s.closed.Store(true)
		for _, c := range s.connections {
			// Not the SDK's Close, which races with requests under way.
			err = errors.Join(err, c.Conn.Close())
		}
	})
	return err
}

// connection returns the connection whose turn it is.
func (s *Store) connection() *client.GrpcClient {
	return s.connections[int(s.turn.Add(1)%uint32(len(s.connections)))]
}

// call makes one request, or a few that belong together, within a time limit.
func (s *Store) call(ctx context.Context, what string, limit time.Duration, request func(ctx context.Context, c *client.GrpcClient) error) error {
	if s.closed.Load() {
		return errClosed()
	}
	if err := notBegun(ctx, what); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := translate(ctx, what, request(ctx, s.connection()))
	if err != nil && s.closed.Load() {
		return errClosed()
	}
	return err
}

// Index returns the index of a model's vectors, which has one collection per corpus.
// Migrate must have made them. A model that no collection can hold makes every call
// of the Index Invalid.
func (s *Store) Index(model pika.EmbeddingModel) *Index {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if !slices.Contains(s.models, model) {
		s.models = append(s.models, model)
	}
	return &Index{store: s, model: model, invalid: checkModel(model, s.config.Index)}
}

// forget makes Ping ask no more for a model.
func (s *Store) forget(model pika.EmbeddingModel) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.models = slices.DeleteFunc(s.models, func(m pika.EmbeddingModel) bool { return m == model })
}
