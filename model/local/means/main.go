// Command means measures the mean vector of each language on the corpora beside it
// and writes them to means.bin of package local. Run it by `go generate` in that
// package after a change to a corpus, and raise meansVersion there.
package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/model/local"
	"github.com/pikamem/pika/text"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	path, err := local.Fetch(ctx, local.FetchOptions{Progress: os.Stderr})
	if err != nil {
		return err
	}
	e, err := local.Open(path, local.Options{Uncentred: true})
	if err != nil {
		return err
	}
	means, err := measure(ctx, e)
	if err != nil {
		return err
	}
	if err := e.Close(); err != nil {
		return err
	}
	return os.WriteFile("means.bin", means, 0o644)
}

// measure returns the means in the order of package local: queries, then passages,
// each for Vietnamese, Vietnamese without diacritics, English, and the rest.
func measure(ctx context.Context, e pika.Embedder) ([]byte, error) {
	var out bytes.Buffer
	for _, role := range []pika.EmbedRole{pika.EmbedQuery, pika.EmbedPassage} {
		clusters, err := clusters(ctx, e, role)
		if err != nil {
			return nil, err
		}
		if err := binary.Write(&out, binary.LittleEndian, clusters); err != nil {
			return nil, err
		}
	}
	return out.Bytes(), nil
}

func clusters(ctx context.Context, e pika.Embedder, role pika.EmbedRole) ([]float32, error) {
	var all []float32
	sum := make([]float32, e.Model().Dimensions)
	for _, c := range []struct {
		file  string
		plain bool
	}{{"vi", false}, {"vi", true}, {"en", false}, {"other", false}} {
		mean, err := meanOf(ctx, e, role, c.file, c.plain)
		if err != nil {
			return nil, fmt.Errorf("mean of %s: %w", c.file, err)
		}
		for i, v := range mean {
			sum[i] += v / 4
		}
		all = append(all, mean...)
	}
	return append(all[:len(all)-len(sum)], sum...), nil // the rest is centred by the mean of all
}

func meanOf(ctx context.Context, e pika.Embedder, role pika.EmbedRole, file string, plain bool) ([]float32, error) {
	lines, err := corpus(file, role, plain)
	if err != nil {
		return nil, err
	}
	mean := make([]float32, e.Model().Dimensions)
	for from := 0; from < len(lines); from += pika.MaxEmbedBatch {
		vectors, err := e.Embed(ctx, role, lines[from:min(from+pika.MaxEmbedBatch, len(lines))])
		if err != nil {
			return nil, err
		}
		for _, v := range vectors {
			for i, x := range v {
				mean[i] += x / float32(len(lines))
			}
		}
	}
	return mean, nil
}

// corpus returns the lines of a corpus that have the role.
func corpus(file string, role pika.EmbedRole, plain bool) ([]string, error) {
	data, err := os.ReadFile(filepath.Join("means", file+".txt"))
	if err != nil {
		return nil, err
	}
	passages, queries, found := strings.Cut(string(data), "\n? questions\n")
	if !found {
		return nil, fmt.Errorf("%s.txt has no line %q", file, "? questions")
	}
	part := passages
	if role == pika.EmbedQuery {
		part = queries
	}
	var lines []string
	for line := range strings.Lines(part) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		if plain {
			line = text.Fold(line)
		}
		lines = append(lines, line)
	}
	return lines, nil
}
