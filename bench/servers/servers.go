// Package servers gives a benchmark the real servers, with a database, collections and
// prefixes of the run's own on them, and removes those afterwards.
//
// What may come in: what several benchmarks need of the servers beside Pika's own stores.
// What may not: what is measured. The graph has no database of its own: a benchmark names
// its users after the run, and removes their links itself.
package servers

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/milvus-io/milvus-sdk-go/v2/client"
	"github.com/redis/go-redis/v9"
)

// Servers are the real servers, with a database and prefixes of this run's own on them.
type Servers struct {
	Name     string            // of the database, and the prefix everywhere else
	Versions string            // of all four, to print
	Env      map[string]string // the variables that make a pika use them
	postgres string            // URL of the server's own database
	milvus   *client.GrpcClient
}

// ErrUnnamed says how to have the servers.
var ErrUnnamed = errors.New(`the real servers are not named: make servers-up, then eval "$(deploy/local/servers env)"`)

// Connect reads the addresses that the tests use and makes a database. Where one is not
// named it returns ErrUnnamed.
func Connect(ctx context.Context) (*Servers, error) {
	name := fmt.Sprintf("pika_bench_%d_%d", os.Getpid(), time.Now().Unix())
	s := &Servers{Name: name, postgres: os.Getenv("PIKA_TEST_POSTGRES_URL")}
	milvusAddress, graph, cache := os.Getenv("PIKA_TEST_MILVUS_ADDR"), os.Getenv("PIKA_TEST_NEO4J_URL"), os.Getenv("PIKA_TEST_REDIS_URL")
	if s.postgres == "" || milvusAddress == "" || graph == "" || cache == "" {
		return nil, ErrUnnamed
	}
	facts, err := url.Parse(s.postgres)
	if err != nil {
		return nil, errors.New("PIKA_TEST_POSTGRES_URL is no URL")
	}
	facts.Path = "/" + name
	s.Env = map[string]string{
		"PIKA_FACTS": facts.String(), "PIKA_VECTORS": "milvus://" + milvusAddress + "/?prefix=" + name,
		"PIKA_GRAPH": graph, "PIKA_CACHE": withParameter(cache, "prefix="+name+":"),
	}
	connecting, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	connected, err := client.NewClient(connecting, client.Config{Address: milvusAddress})
	if err != nil {
		return nil, fmt.Errorf("connect to Milvus: %w", err)
	}
	s.milvus = connected.(*client.GrpcClient) // the interface leaves segments out
	create := fmt.Sprintf(`CREATE DATABASE %s TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'`, name)
	if err := s.administer(ctx, s.postgres, create); err != nil {
		return nil, err
	}
	s.Versions, err = s.readVersions(ctx, graph, cache)
	return s, err
}

func withParameter(address, parameter string) string {
	separator := "?"
	if strings.Contains(address, "?") {
		separator = "&"
	}
	return address + separator + parameter
}

// administer runs a statement on Postgres beside the store.
func (s *Servers) administer(ctx context.Context, address, sql string) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return fmt.Errorf("connect to Postgres: %w", err)
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, sql)
	return err
}

// Remove removes the database, the collections and the keys of the cache.
// WITH (FORCE) is refused while autovacuum, which is not ours to end, works in the database.
func (s *Servers) Remove(ctx context.Context) error {
	return errors.Join(
		s.administer(ctx, s.postgres, "DROP DATABASE IF EXISTS "+s.Name),
		s.removeCollections(ctx), s.removeKeys(ctx), s.milvus.Close())
}

func (s *Servers) removeCollections(ctx context.Context) error {
	collections, err := s.collections(ctx)
	for _, alias := range []string{s.Name + "_facts", s.Name + "_messages"} {
		_ = s.milvus.DropAlias(ctx, alias) // one that is not there is as well
	}
	for _, name := range collections {
		err = errors.Join(err, s.milvus.DropCollection(ctx, name))
	}
	return err
}

// removeKeys removes what a pika left in Redis; it would end by itself in two days.
func (s *Servers) removeKeys(ctx context.Context) error {
	options, err := redis.ParseURL(os.Getenv("PIKA_TEST_REDIS_URL"))
	if err != nil {
		return errors.New("PIKA_TEST_REDIS_URL is no URL")
	}
	client := redis.NewClient(options)
	defer client.Close()
	keys := client.Scan(ctx, 0, s.Name+":*", 1000).Iterator()
	for keys.Next(ctx) {
		err = errors.Join(err, client.Del(ctx, keys.Val()).Err())
	}
	return errors.Join(err, keys.Err())
}

// collections returns the names of this run's collections.
func (s *Servers) collections(ctx context.Context) ([]string, error) {
	all, err := s.milvus.ListCollections(ctx)
	var names []string
	for _, c := range all {
		if strings.HasPrefix(c.Name, s.Name) {
			names = append(names, c.Name)
		}
	}
	return names, err
}

// Settle brings the servers to the state they reach by themselves when nobody writes
// for a while: statistics for the planner, and rows in sealed segments with an index. It
// says how many of the rows of facts are in an index.
func (s *Servers) Settle(ctx context.Context, rows int) (string, error) {
	if err := s.administer(ctx, s.Env["PIKA_FACTS"], "VACUUM ANALYZE"); err != nil {
		return "", err
	}
	names, err := s.collections(ctx)
	if err != nil {
		return "", err
	}
	for _, name := range names {
		if strings.HasPrefix(name, s.Name+"_facts_") {
			return s.settleCollection(ctx, name, int64(rows))
		}
	}
	return "", fmt.Errorf("the collection of facts of %s is not in Milvus", s.Name)
}

// settleCollection flushes and waits until all rows are in service, every segment that
// gets an index has it, and nothing moves for three seconds.
func (s *Servers) settleCollection(ctx context.Context, name string, rows int64) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	if err := s.milvus.Flush(ctx, name, false); err != nil {
		return "", fmt.Errorf("flush the collection: %w", err)
	}
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	var last segments
	for still := 0; ; still++ {
		now, err := s.segments(ctx, name)
		switch {
		case err != nil:
			return "", err
		case now != last || now.indexed+now.small < rows:
			still = 0
		case still >= 3:
			return fmt.Sprintf("%d in an index, %d in segments too small for one", now.indexed, now.small), nil
		}
		last = now
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("wait until %d rows are in an index, %d are: %w", rows, now.indexed, ctx.Err())
		case <-ticker.C:
		}
	}
}

// leastIndexed is how many rows Milvus makes an index for; it scans smaller segments.
const leastIndexed = 1024

// segments counts the rows in service: in an index, and without one for good.
type segments struct{ indexed, small int64 }

func (s *Servers) segments(ctx context.Context, name string) (segments, error) {
	var n segments
	loaded, err := s.milvus.GetQuerySegmentInfo(ctx, name)
	for _, segment := range loaded {
		switch {
		case segment.IndexID > 0:
			n.indexed += segment.NumRows
		case segment.NumRows < leastIndexed:
			n.small += segment.NumRows
		}
	}
	return n, err
}
