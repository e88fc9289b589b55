package extract

import (
	"slices"
	"strings"

	"github.com/pikamem/pika"
)

// DegradedLLM is what JobSummary.Degraded holds when the rules extractor worked in
// the place of a language model.
const DegradedLLM = "llm"

// Summarize returns what one chunk adds to its job's summary.
func Summarize(ex pika.Extraction, extractor string) pika.JobSummary {
	s := pika.JobSummary{
		Extractor:      extractor,
		Degraded:       []string{},
		LLMCache:       ex.Cache,
		Tokens:         ex.Tokens,
		TokensSaved:    ex.Saved,
		UnreadMessages: sorted(ex.Unread),
	}
	if s.LLMCache == "" {
		s.LLMCache = pika.LLMCacheMiss
	}
	if strings.HasPrefix(extractor, "rules") {
		s.Degraded = append(s.Degraded, DegradedLLM)
	}
	return s
}

// Merge returns the summary of a job from those of its chunks: tokens added, also those saved, unread
// messages and degraded parts united, the cache Exact only if every chunk was, and
// Semantic if every chunk hit. The extractor is the first one named. No summaries
// give a summary that missed the cache and names nothing.
func Merge(summaries ...pika.JobSummary) pika.JobSummary {
	merged := pika.JobSummary{Degraded: []string{}, LLMCache: pika.LLMCacheMiss}
	for i, s := range summaries {
		if merged.Extractor == "" {
			merged.Extractor = s.Extractor
		}
		merged.Degraded = append(merged.Degraded, s.Degraded...)
		merged.Tokens = merged.Tokens.Add(s.Tokens)
		merged.TokensSaved = merged.TokensSaved.Add(s.TokensSaved)
		merged.UnreadMessages = append(merged.UnreadMessages, s.UnreadMessages...)
		if i == 0 {
			merged.LLMCache = hit(s.LLMCache)
		}
		merged.LLMCache = worse(merged.LLMCache, hit(s.LLMCache))
	}
	slices.Sort(merged.Degraded)
	merged.Degraded = slices.Compact(merged.Degraded)
	merged.UnreadMessages = sorted(merged.UnreadMessages)
	return merged
}

func hit(c pika.LLMCache) pika.LLMCache {
	if c == pika.LLMCacheExact || c == pika.LLMCacheSemantic {
		return c
	}
	return pika.LLMCacheMiss
}

func worse(a, b pika.LLMCache) pika.LLMCache {
	switch {
	case a == pika.LLMCacheMiss || b == pika.LLMCacheMiss:
		return pika.LLMCacheMiss
	case a == pika.LLMCacheSemantic || b == pika.LLMCacheSemantic:
		return pika.LLMCacheSemantic
	}
	return pika.LLMCacheExact
}

func sorted(indexes []int) []int {
	s := slices.Clone(indexes)
	slices.Sort(s)
	return slices.Compact(s)
}
