package local

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"sync"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/text"
)

// Options are the choices of Open; the zero value is right for a server.
type Options struct {
	// Threads is how many passes run at once; default GOMAXPROCS. A single text up
	// to one window is one pass, so a thread is a core busy.
	Threads int

	// Uncentred leaves the language's mean vector in. It is another model.
	Uncentred bool

	// Kernels names the instruction set: avx512vnni, avx2 or scalar; default the
	// fastest one the processor has.
	Kernels string
}

// Embedder is multilingual-e5-small in this process. It implements pika.Embedder.
type Embedder struct {
	model   pika.EmbeddingModel
	kernels kernels
	network *network
	tokens  *tokenizer
	piece   pieceTable
	means   map[pika.EmbedRole]*means // none: uncentred
	gate    *gate
	threads int
	short   sync.Pool // scratch of one chunk
	long    sync.Pool // scratch of a whole window

	open   sync.RWMutex // held for reading by every Embed, so that Close can wait
	closed bool
	unmap  func() error
}

var _ pika.Embedder = (*Embedder)(nil)

// Open maps the model file at path, checks its size and SHA-256, and lays its
// weights out for this processor, which together takes some 0.1–0.2 s. It needs
// about 25 MB beside the mapped file, of which only the pages in use are in memory.
//
// NotFound if there is no such file, Unavailable if it is not the one file this
// package runs, Invalid for options out of range. The file must not be written to
// while the embedder is open. Close releases it.
func Open(path string, o Options) (*Embedder, error) {
	k, err := o.choose()
	if err != nil {
		return nil, err
	}
	data, unmap, err := mapModel(path)
	if err != nil {
		return nil, err
	}
	e, err := newEmbedder(data, k, o)
	if err != nil {
		_ = unmap() // the first error is the one to tell
		return nil, pika.Wrap(pika.Unavailable, err, "the embedding model's file cannot be read")
	}
	e.unmap = unmap
	return e, nil
}

// choose returns the kernels that o asks for.
func (o Options) choose() (kernels, error) {
	if o.Threads < 0 {
		return kernels{}, pika.InvalidField("Threads", "must not be negative")
	}
	for _, k := range variants() {
		if o.Kernels == "" || o.Kernels == k.name {
			return k, nil
		}
	}
	return kernels{}, pika.InvalidField("Kernels", "this processor has no %q", o.Kernels)
}

func newEmbedder(data []byte, k kernels, o Options) (*Embedder, error) {
	f, err := parse(data)
	if err != nil {
		return nil, err
	}
	n, err := newNetwork(f)
	if err != nil {
		return nil, err
	}
	e := &Embedder{
		model:   pika.EmbeddingModel{ID: "multilingual-e5-small-q4/centred-" + meansVersion, Dimensions: dimensions},
		kernels: k,
		network: n,
		tokens:  newTokenizer(f.pieces, f.folding),
		piece:   f.pieces,
		threads: cmp.Or(o.Threads, runtime.GOMAXPROCS(0)),
		short:   sync.Pool{New: func() any { return newScratch(chunkTokens) }},
		long:    sync.Pool{New: func() any { return newScratch(maxPositions) }},
	}
	e.gate = newGate(e.threads)
	if o.Uncentred {
		e.model.ID = "multilingual-e5-small-q4/uncentred"
		return e, nil
	}
	e.means = map[pika.EmbedRole]*means{pika.EmbedQuery: meansOf(pika.EmbedQuery), pika.EmbedPassage: meansOf(pika.EmbedPassage)}
	return e, nil
}

// Close waits for running calls and releases the file. Later calls of Embed are
// Unavailable. Closing twice is no error.
func (e *Embedder) Close() error {
	e.open.Lock()
	defer e.open.Unlock()
	if e.closed {
		return nil
	}
	e.closed = true
	return e.unmap()
}

// Model returns the model; the version of the mean vectors is part of its ID.
func (e *Embedder) Model() pika.EmbeddingModel { return e.model }

// Kernels names the instruction set in use: avx512vnni, avx2 or scalar.
func (e *Embedder) Kernels() string { return e.kernels.name }

// maxUrgent is how many texts a call may have to count as a search.
const maxUrgent = 4

// Tokens returns how many tokens the model reads for a text in the given role, its
// prefix and both end marks included.
func (e *Embedder) Tokens(role pika.EmbedRole, s string) int {
	return len(e.tokens.pieces(string(role)+": "+text.Normalize(s))) + 2
}

// Embed implements pika.Embedder. Calls with few texts in the role of a query go
// before all others. It looks at ctx before each pass and after each layer of one.
// Overloaded if too many passes wait already; Unavailable after Close.
func (e *Embedder) Embed(ctx context.Context, role pika.EmbedRole, texts []string) ([][]float32, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("embed: %w", err)
	}
	if err := check(role, texts); err != nil {
		return nil, err
	}
	e.open.RLock()
	defer e.open.RUnlock()
	if e.closed {
		return nil, pika.Errorf(pika.Unavailable, "the embedder is closed")
	}
	vectors, err := e.embed(ctx, role, texts)
	if err != nil {
		return nil, fmt.Errorf("embed %d texts: %w", len(texts), err)
	}
	return vectors, nil
}

func check(role pika.EmbedRole, texts []string) error {
	if role != pika.EmbedQuery && role != pika.EmbedPassage {
		return pika.InvalidField("role", "must be query or passage")
	}
	if len(texts) < 1 || len(texts) > pika.MaxEmbedBatch {
		return pika.InvalidField("texts", "must be 1 to %d", pika.MaxEmbedBatch)
	}
	for i, s := range texts {
		if s == "" || !utf8.ValidString(s) {
			return pika.InvalidField(fmt.Sprintf("texts[%d]", i), "must be valid UTF-8 and not empty")
		}
	}
	return nil
}

func (e *Embedder) embed(ctx context.Context, role pika.EmbedRole, texts []string) ([][]float32, error) {
	rank := bulk
	if role == pika.EmbedQuery && len(texts) <= maxUrgent {
		rank = urgent
	}
	workers := e.threads
	if rank == urgent {
		workers = min(workers, len(texts))
	}
	parts := make(parts, len(texts))
	passes := make(chan []window)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(passes)
		return e.plan(ctx, role, texts, parts, passes)
	})
	for range workers {
		g.Go(func() error {
			for windows := range passes {
				if err := e.pass(ctx, rank, windows, parts); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return e.finish(role, parts), nil
}

// finish joins the windows of each text, brings the sum to unit length and centres it.
func (e *Embedder) finish(role pika.EmbedRole, p parts) [][]float32 {
	vectors := make([][]float32, len(p))
	for i := range p {
		v := p.sum(i)
		toUnitLength(v)
		if e.means != nil {
			e.means[role].centre(v)
		}
		vectors[i] = v
	}
	return vectors
}
