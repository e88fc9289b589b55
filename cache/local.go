package cache

import (
	"time"

	"github.com/maypok86/otter/v2"
	"github.com/maypok86/otter/v2/stats"
)

// localTTL is how long an answer in the process's memory is given without asking the
// truth whether it holds: the bound of staleness where no messages of changes come.
const localTTL = 30 * time.Second

// local is the answers in the memory of this process (L1).
type local struct {
	freshness *Freshness
	answers   *otter.Cache[string, localAnswer]
}

type localAnswer struct {
	*keptAnswer
	scope string // its id
	bytes int
	epoch int64     // of Freshness: another one, and messages may have been missed since
	at    time.Time // when it was found to hold
}

const localOverhead = 512 // bytes of an answer beside its encoded form

func newLocal(bytes int64, f *Freshness) *local {
	l := &local{freshness: f, answers: otter.Must(&otter.Options[string, localAnswer]{
		MaximumWeight:    uint64(bytes),
		Weigher:          func(_ string, a localAnswer) uint32 { return uint32(2*a.bytes + localOverhead) },
		ExpiryCalculator: otter.ExpiryWriting[string, localAnswer](localTTL),
		StatsRecorder:    stats.NewCounter(),
	})}
	return l
}

// get returns an answer that holds as far as this process knows.
func (l *local) get(key string, now time.Time) (*keptAnswer, bool) {
	a, ok := l.answers.GetIfPresent(key)
	if !ok || !a.fresh(now) || now.Sub(a.at) > localTTL || !l.freshness.holds(a.scope, a.Version, a.epoch) {
		return nil, false
	}
	return a.keptAnswer, true
}

// set keeps an answer that holds.
func (l *local) set(key string, a localAnswer) { l.answers.Set(key, a) }

func (l *local) size() size { return sizeOfCache(l.answers) }
