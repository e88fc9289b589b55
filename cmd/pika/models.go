package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/cache"
	"github.com/pikamem/pika/extract"
	"github.com/pikamem/pika/model/local"
	"github.com/pikamem/pika/model/openai"
	"github.com/pikamem/pika/model/rules"
)

// openModels loads or reaches the embedder and the extractor, each behind its cache.
func (a *App) openModels(ctx context.Context) error {
	counts := cache.NewMetrics(a.Registry)
	a.counts = counts
	embedder, err := a.openEmbedder(ctx, a.Config.Embedder)
	if err != nil {
		return err
	}
	a.embedder = embedder
	return a.openLLM(counts)
}

// openEmbedder opens the embedder of a name as PIKA_EMBEDDER gives it, behind its cache.
func (a *App) openEmbedder(ctx context.Context, name string) (pika.Embedder, error) {
	embedder, closeEmbedder, err := openEmbedder(ctx, a.Config, name, a.Now)
	if err != nil {
		return nil, err
	}
	a.onClose("the embedding model", closeEmbedder)
	return cache.NewEmbedder(embedder, a.stores.cache, cache.EmbedderOptions{Local: a.Config.embeddingBytes(), Metrics: a.counts}), nil
}

// openEmbedder opens an embedder without a cache. The caller closes it.
func openEmbedder(ctx context.Context, c Config, name string, now func() time.Time) (pika.Embedder, func() error, error) {
	if model, ok := strings.CutPrefix(name, "openai:"); ok {
		embedder, err := openai.NewEmbedder(ctx, openai.Config{APIKey: c.OpenAIKey, BaseURL: c.EmbedderBaseURL, Model: model, Now: now})
		if err != nil {
			return nil, nil, embedderError(c, err)
		}
		return embedder, func() error { return nil }, nil
	}
	path, err := local.Locate(c.Model)
	if err != nil {
		return nil, nil, err
	}
	embedder, err := local.Open(path, local.Options{})
	if err != nil {
		return nil, nil, err
	}
	return embedder, embedder.Close, nil
}

// embedderError says which embedding server an error is of, and whether its key is missing.
func embedderError(c Config, err error) error {
	address := cmp.Or(c.EmbedderBaseURL, "https://api.openai.com/v1")
	if u, parseErr := url.Parse(address); parseErr == nil {
		address = u.Redacted()
	}
	hint := "check PIKA_EMBEDDER_BASE_URL or OPENAI_BASE_URL"
	if c.OpenAIKey == "" {
		hint += ", and OPENAI_API_KEY, which is not set"
	}
	return pika.Wrap(pika.CodeOf(err), err, "the embedding server at %s: %s; %s", address, message(err), hint)
}

// openLLM makes the extractor and the reranker over the configured language model;
// without one, the rules extractor and no reranker.
func (a *App) openLLM(counts *cache.Metrics) error {
	name, ok := strings.CutPrefix(a.Config.LLM, "openai:")
	if !ok {
		a.Log.Warn("no language model is configured: the rules extractor finds less; set OPENAI_API_KEY or OPENAI_BASE_URL", "degraded", "llm")
		a.extractor = rules.New(rules.Options{})
		return nil
	}
	config := openai.Config{
		APIKey: a.Config.OpenAIKey, BaseURL: a.Config.OpenAIBaseURL, Model: name, Timeout: a.Config.LLMTimeout, Now: a.Now,
	}
	extractor, err := openai.NewExtractor(config)
	if err != nil {
		return fmt.Errorf("PIKA_LLM (or --llm): %w", err)
	}
	reranker, err := openai.NewReranker(config)
	if err != nil {
		return fmt.Errorf("PIKA_LLM (or --llm): %w", err)
	}
	a.watched = &watchedExtractor{Extractor: extractor}
	a.extractor = cache.NewExtractor(a.watched, extract.PromptVersion, a.stores.cache, cache.ExtractorOptions{
		TTL: a.Config.LLMCacheTTL, Embedder: a.embedder, Now: a.Now, Metrics: counts,
	})
	a.reranker = reranker
	return nil
}

// runModelFetch makes the local embedding model ready in the user's cache folder.
func runModelFetch(ctx context.Context, _ []string, out io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Minute)
	defer cancel()
	_, err := local.Fetch(ctx, local.FetchOptions{Progress: out})
	return err
}
