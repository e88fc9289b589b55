package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"sync"

	"github.com/pikamem/pika"
)

// recordedDimensions is the length of the recorded vectors.
const recordedDimensions = 384

// recorded is an embedder that knows the vectors of the corpus' texts, so that rankings
// are the same on every machine and need no model. A text it does not know is asked of
// the model, if it has one, and remembered.
type recorded struct {
	model pika.Embedder // nil: unknown texts are errors

	mu      sync.Mutex
	vectors map[[8]byte][]int8
	used    map[[8]byte]bool
}

func (r *recorded) Model() pika.EmbeddingModel {
	return pika.EmbeddingModel{ID: "recorded", Dimensions: recordedDimensions}
}

func keyOf(role pika.EmbedRole, text string) [8]byte {
	sum := sha256.Sum256([]byte(string(role) + ": " + text))
	return [8]byte(sum[:8])
}

func (r *recorded) Embed(ctx context.Context, role pika.EmbedRole, texts []string) ([][]float32, error) {
	vectors := make([][]float32, len(texts))
	for i, t := range texts {
		v, err := r.vector(ctx, role, t)
		if err != nil {
			return nil, err
		}
		vectors[i] = v
	}
	return vectors, nil
}

func (r *recorded) vector(ctx context.Context, role pika.EmbedRole, text string) ([]float32, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := keyOf(role, text)
	r.used[key] = true
	if v, ok := r.vectors[key]; ok {
		return unquantised(v), nil
	}
	if r.model == nil {
		return nil, pika.Errorf(pika.Internal, "the vector of %q is not recorded: run go test ./bench/recall -run TestGolden -update", text)
	}
	made, err := r.model.Embed(ctx, role, []string{text})
	if err != nil {
		return nil, err
	}
	r.vectors[key] = quantised(made[0])
	return unquantised(r.vectors[key]), nil
}

// quantised keeps a direction in whole numbers of −127–127.
func quantised(v []float32) []int8 {
	var most float64
	for _, x := range v {
		most = max(most, math.Abs(float64(x)))
	}
	q := make([]int8, len(v))
	for i, x := range v {
		q[i] = int8(math.Round(float64(x) / most * 127))
	}
	return q
}

func unquantised(q []int8) []float32 {
	var squares float64
	for _, x := range q {
		squares += float64(x) * float64(x)
	}
	v := make([]float32, len(q))
	for i, x := range q {
		v[i] = float32(float64(x) / math.Sqrt(squares))
	}
	return v
}

func readRecorded(path string) (*recorded, error) {
	r := &recorded{vectors: map[[8]byte][]int8{}, used: map[[8]byte]bool{}}
	file, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return r, nil
	}
	if err != nil {
		return nil, err
	}
	const row = 8 + recordedDimensions
	if len(file)%row != 0 {
		return nil, fmt.Errorf("%s is damaged", path)
	}
	for entry := range slices.Chunk(file, row) {
		v := make([]int8, recordedDimensions)
		if err := binary.Read(bytes.NewReader(entry[8:]), binary.LittleEndian, v); err != nil {
			return nil, err
		}
		r.vectors[[8]byte(entry)] = v
	}
	return r, nil
}

// write keeps the vectors that were used.
func (r *recorded) write(path string) error {
	var b bytes.Buffer
	keys := slices.SortedFunc(maps.Keys(r.used), func(x, y [8]byte) int { return bytes.Compare(x[:], y[:]) })
	for _, key := range keys {
		b.Write(key[:])
		if err := binary.Write(&b, binary.LittleEndian, r.vectors[key]); err != nil {
			return err
		}
	}
	return os.WriteFile(path, b.Bytes(), 0o600)
}
