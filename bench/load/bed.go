package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/bench/process"
	"github.com/pikamem/pika/bench/servers"
	"github.com/pikamem/pika/store/neo4j"
)

// bed is a running pika and what it lies on.
type bed struct {
	name     string // begins the names of its users: the graph is shared with whoever else uses the server
	versions string
	server   *process.Server
	servers  *servers.Servers // nil: the embedded parts
	users    []*user          // that were seeded
	dir      string
	log      *os.File
}

// openBed starts a pika on empty stores.
func openBed(ctx context.Context, s settings) (*bed, error) {
	b := &bed{name: "load", versions: "the embedded parts"}
	if err := b.open(ctx, s); err != nil {
		return nil, errors.Join(err, b.close(ctx))
	}
	return b, nil
}

func (b *bed) open(ctx context.Context, s settings) (err error) {
	if b.dir, err = os.MkdirTemp("", "pika-load-"); err != nil {
		return err
	}
	if b.log, err = os.Create(filepath.Join(os.TempDir(), "pika-load.log")); err != nil {
		return err
	}
	options := process.Options{Binary: s.binary, Data: b.dir, Log: b.log}
	if !s.embedded {
		if err := b.openServers(ctx, &options); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if b.server, err = process.Start(ctx, options); err != nil {
		return fmt.Errorf("%w (its log: %s)", err, b.log.Name())
	}
	return nil
}

func (b *bed) openServers(ctx context.Context, o *process.Options) (err error) {
	if b.servers, err = servers.Connect(ctx); err != nil {
		return err
	}
	b.name, b.versions, o.Env = b.servers.Name, b.servers.Versions, b.servers.Env
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	return process.Run(ctx, process.Options{Binary: o.Binary, Command: "migrate", Env: o.Env})
}

// close stops pika and removes whatever was made, on the servers too, also after an
// interrupt.
func (b *bed) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Minute)
	defer cancel()
	var err error
	if b.server != nil {
		err = b.server.Stop()
	}
	if b.servers != nil {
		fmt.Fprintln(os.Stderr, "… removing what was made on the servers")
		err = errors.Join(err, b.removeLinks(ctx), b.servers.Remove(ctx))
	}
	if b.log != nil {
		err = errors.Join(err, b.log.Close())
	}
	return errors.Join(err, os.RemoveAll(b.dir))
}

// removeLinks takes the users' facts out of the graph.
func (b *bed) removeLinks(ctx context.Context) (err error) {
	config, err := neo4j.ParseURL(b.servers.Env["PIKA_GRAPH"])
	if err != nil {
		return err
	}
	graph, err := neo4j.Open(config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, graph.Close()) }()
	for _, u := range b.users {
		if err := removeLinksOf(ctx, graph, pika.Scope{Tenant: pika.DefaultTenant, User: u.name}); err != nil {
			return fmt.Errorf("remove the links of %s: %w", u.name, err)
		}
	}
	return nil
}

func removeLinksOf(ctx context.Context, graph pika.Rows, scope pika.Scope) error {
	for {
		rows, err := graph.ListRows(ctx, pika.CorpusFacts, pika.RowRange{FromScope: scope.ID(), ToScope: scope.ID() + "~", Limit: pika.MaxPageLimit})
		if err != nil || len(rows) == 0 {
			return err
		}
		keys := make([]pika.RowKey, len(rows))
		for i, row := range rows {
			keys[i] = row.RowKey
		}
		if err := graph.DeleteRows(ctx, pika.CorpusFacts, keys); err != nil {
			return err
		}
	}
}

// drive sends a plan to the bed's pika.
func (b *bed) drive(ctx context.Context, plan []request, l load) []outcome {
	return drive(ctx, b.server.URL, plan, l)
}

// seed adds the users' facts as a caller does, some users at once, and waits until the
// servers have done what they do after many writes.
func (b *bed) seed(ctx context.Context, users []*user) error {
	const atOnce = 4
	b.users = users
	start := time.Now()
	var seeded, facts atomic.Int64
	group, ctx2 := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for _, u := range users {
		group.Go(func() error {
			stored, err := b.add(ctx2, u)
			if err != nil {
				return fmt.Errorf("seed %s: %w", u.name, err)
			}
			facts.Add(int64(stored))
			if n := seeded.Add(1); n%20 == 0 {
				fmt.Fprintf(os.Stderr, "… seeded %d of %d users\n", n, len(users))
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	fmt.Printf("Seeded %d facts through the API in %.0f s\n", facts.Load(), time.Since(start).Seconds())
	if b.servers == nil {
		return nil
	}
	indexed, err := b.servers.Settle(ctx, int(facts.Load()))
	fmt.Printf("Rows of facts in Milvus: %s\n", cmp.Or(indexed, "not known"))
	return err
}

// add adds a user's facts and returns how many are stored.
func (b *bed) add(ctx context.Context, u *user) (stored int, err error) {
	var accepted process.Accepted
	if err := b.server.Call(ctx, http.MethodPost, "/v1/facts", json.RawMessage(factsBody(u.name, u.facts...)), &accepted); err != nil {
		return 0, err
	}
	status, err := b.server.Await(ctx, accepted.JobID)
	if err != nil {
		return 0, err
	}
	return status.Results.Counts["stored"] + status.Results.Counts["superseding"], nil
}
