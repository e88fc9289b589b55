package cache

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"
	"github.com/pikamem/pika"
)

// changesChannel carries what changed to every process.
const changesChannel = "pika:changes:1"

// versionBucket is the epoch bucket that holds the version of a user's memory.
const versionBucket = "version"

// Bounds of what Freshness remembers.
const (
	// maxNews is of how many users a process remembers what it heard. An answer lives
	// shorter than any of it.
	maxNews  = 200_000
	newsLife = 2 * localTTL
	// resubscribeAfter is how long Freshness waits before it listens again.
	resubscribeAfter = time.Second
	// publishTime bounds telling the others.
	publishTime = 500 * time.Millisecond
)

// Freshness is what a process knows of changes of memories since its answers were made:
// its own changes at once, those of others by messages through the cache.
type Freshness struct {
	changes pika.Changes
	cache   pika.Cache
	log     *slog.Logger
	news    *otter.Cache[string, int64] // version by scope id
	epoch   atomic.Int64                // counts the subscriptions; even: none
}

// NewFreshness returns a Freshness; Run lets it hear what others change.
func NewFreshness(changes pika.Changes, c pika.Cache, log *slog.Logger) *Freshness {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Freshness{changes: changes, cache: c, log: log, news: otter.Must(&otter.Options[string, int64]{
		MaximumSize:      maxNews,
		ExpiryCalculator: otter.ExpiryWriting[string, int64](newsLife),
	})}
}

// message is what goes through the channel.
type message struct {
	Scope   string `json:"scope"`
	Version int64  `json:"version"`
}

// Changed makes known what the truth has noted of a user's memory: to this process at once,
// to others within the time of a message. It does not fail: who does not hear of it gives
// former answers from its own memory for localTTL at most.
func (f *Freshness) Changed(ctx context.Context, scope pika.Scope) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), publishTime)
	defer cancel()
	version, err := f.changes.Version(ctx, scope)
	if err != nil {
		f.note(scope.ID(), unknownVersion)
		f.unpublished(err)
		return
	}
	f.publish(ctx, scope, version)
}

// Note notes a change that the truth did not make itself, and makes it known.
func (f *Freshness) Note(ctx context.Context, scope pika.Scope, c pika.Change) error {
	version, err := f.changes.NoteChange(ctx, scope, c)
	if err != nil {
		f.note(scope.ID(), unknownVersion)
		return fmt.Errorf("note a change: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), publishTime)
	defer cancel()
	f.publish(ctx, scope, version)
	return nil
}

func (f *Freshness) publish(ctx context.Context, scope pika.Scope, version int64) {
	f.note(scope.ID(), version)
	b, _ := json.Marshal(message{scope.ID(), version})
	err := f.cache.SetEpochs(ctx, scope, map[string]string{versionBucket: strconv.FormatInt(version, 10)})
	if publishErr := f.cache.Publish(ctx, changesChannel, b); err == nil {
		err = publishErr
	}
	if err != nil {
		f.unpublished(err)
	}
}

func (f *Freshness) unpublished(err error) {
	f.log.Warn("a change is not made known to others yet", "code", string(pika.CodeOf(err)), "error", err)
}

// unknownVersion is above all versions: no answer holds until the truth is asked.
const unknownVersion = 1 << 62

// note remembers the highest version heard of.
func (f *Freshness) note(scopeID string, version int64) {
	f.news.Compute(scopeID, func(old int64, found bool) (int64, otter.ComputeOp) {
		if found && old >= version && old != unknownVersion {
			return old, otter.CancelOp
		}
		return version, otter.WriteOp
	})
}

// holds reports whether nothing was heard of that makes an answer out of date.
func (f *Freshness) holds(scopeID string, version, epoch int64) bool {
	if f.epoch.Load() != epoch {
		return false
	}
	heard, ok := f.news.GetIfPresent(scopeID)
	return !ok || heard <= version
}

// listening returns the present subscription, if there is one.
func (f *Freshness) listening() (epoch int64, ok bool) {
	epoch = f.epoch.Load()
	return epoch, epoch%2 == 1
}

// Listening reports whether the process hears what others change.
func (f *Freshness) Listening() bool {
	_, ok := f.listening()
	return ok
}

// Run listens until ctx ends. When the subscription is lost, what was heard before says
// nothing of what came between: every answer in memory is given up.
func (f *Freshness) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		if messages, err := f.cache.Subscribe(ctx, changesChannel); err == nil {
			f.epoch.Add(1)
			f.listen(messages)
			f.epoch.Add(1)
		}
		select {
		case <-ctx.Done():
		case <-time.After(resubscribeAfter):
		}
	}
	return nil
}

func (f *Freshness) listen(messages <-chan []byte) {
	for b := range messages {
		var m message
		if json.Unmarshal(b, &m) == nil && m.Scope != "" {
			f.note(m.Scope, m.Version)
		}
	}
}
