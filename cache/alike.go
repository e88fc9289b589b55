package cache

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/lexicon"
	"github.com/pikamem/pika/similarity"
)

// Bounds of the reuse of an extraction for a chunk that says the same.
const (
	// minAlike is the least cosine similarity of two messages, greetings and noise left out, of
	// which one may have what was found in the other. By itself it tells too little: what is
	// denied lies closer to what is said than what is greeted with lies to what is not.
	minAlike = 0.88
	// alikeTime bounds comparing them: beyond it, asking the model is the better use of time.
	alikeTime = 2 * time.Second
	// maxAlikeBytes is the longest chunk that is compared.
	maxAlikeBytes = 32 << 10
)

// alike names the chunk whose extraction the chunks of one form may have.
type alike struct {
	Key      string         `json:"key"` // of the extraction
	Messages []alikeMessage `json:"messages"`
	Noise    []string       `json:"noise"`
}

// alikeMessage is a message of a chunk that says anything.
type alikeMessage struct {
	Index int    `json:"index"`
	Text  string `json:"text"` // without greetings and noise
}

// likenessGuard decides whether what was found in one chunk holds for another of its form.
type likenessGuard struct {
	name   string
	passes func(ctx context.Context, e pika.Embedder, known *alike, found pika.Extraction, f *chunkForm) bool
}

var likenessGuards = []likenessGuard{
	{"meaning", func(ctx context.Context, e pika.Embedder, known *alike, _ pika.Extraction, f *chunkForm) bool {
		return meansTheSame(ctx, e, known, f)
	}},
	{"noise", func(_ context.Context, _ pika.Embedder, known *alike, found pika.Extraction, _ *chunkForm) bool {
		return !holdsNoise(found, known.Noise)
	}},
}

// newAlike describes the chunk of f, whose extraction is under key; nil: it is too long.
func newAlike(key string, f *chunkForm) *alike {
	a := &alike{Key: key, Noise: f.noise()}
	bytes := 0
	for _, m := range f.messages {
		bytes += len(m.Text)
		a.Messages = append(a.Messages, alikeMessage{m.Index, m.Text})
	}
	if bytes > maxAlikeBytes {
		return nil
	}
	return a
}

// decodeAlike returns what is stored; nil: it cannot be read, or is of another number of
// messages.
func decodeAlike(b []byte, f *chunkForm) *alike {
	var a alike
	if json.Unmarshal(b, &a) != nil || len(a.Messages) != len(f.messages) {
		return nil
	}
	return &a
}

// meansTheSame compares the messages that are not equal, one with one: in a long chunk no
// difference is lost among what is equal. An embedder that fails or is late has not found
// them alike.
func meansTheSame(ctx context.Context, e pika.Embedder, known *alike, f *chunkForm) bool {
	var texts []string
	for i, m := range f.messages {
		if m.Text != known.Messages[i].Text {
			texts = append(texts, m.Text, known.Messages[i].Text)
		}
	}
	if len(texts) == 0 {
		return true
	}
	if len(texts) > pika.MaxEmbedBatch {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, alikeTime)
	defer cancel()
	vectors, err := e.Embed(ctx, pika.EmbedPassage, texts)
	if err != nil || len(vectors) != len(texts) {
		return false
	}
	for pair := range slices.Chunk(vectors, 2) {
		if similarity.Cosine(pair[0], pair[1]) < minAlike {
			return false
		}
	}
	return true
}

// holdsNoise reports whether something that was found names what was only noise.
func holdsNoise(found pika.Extraction, noise []string) bool {
	var texts []string
	for _, c := range found.Candidates {
		texts = append(texts, c.Text, c.Subject, c.Object)
		for _, e := range c.Entities {
			texts = append(texts, e.Name)
		}
	}
	for _, r := range found.Rejected {
		texts = append(texts, r.Text)
	}
	words := lexicon.Words(strings.Join(texts, "\n"))
	return slices.ContainsFunc(noise, func(w string) bool { return slices.Contains(words, w) })
}

// moved returns what was found in a chunk as found in another of its form: with the indexes
// of that one's messages. It fails if a fact was found in a message that only greets.
func moved(found pika.Extraction, known *alike, f *chunkForm) (pika.Extraction, bool) {
	index := map[int]int{}
	for i, m := range known.Messages {
		index[m.Index] = f.messages[i].Index
	}
	found.Candidates = slices.Clone(found.Candidates)
	for i := range found.Candidates {
		sources := slices.Clone(found.Candidates[i].Sources)
		for j, s := range sources {
			to, ok := index[s]
			if !ok {
				return pika.Extraction{}, false
			}
			sources[j] = to
		}
		found.Candidates[i].Sources = sources
	}
	return found, true
}
