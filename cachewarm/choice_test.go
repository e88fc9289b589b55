package cachewarm_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/cachewarm"
)

// asked is a question that was asked so often.
func asked(question string, searches float64) pika.PopularSearch {
	return pika.PopularSearch{Query: cachewarm.Listed(question), Searches: searches, Rank: searches}
}

func textsOf(queries []pika.Query) []string {
	texts := make([]string, len(queries))
	for i, q := range queries {
		texts[i] = q.Text
	}
	return texts
}

func TestChoose(t *testing.T) {
	t.Parallel()
	neverRead := asked("the weather", 0)
	neverRead.Warmed = 3
	read := asked("the news", 2)
	read.Warmed, read.Read = 9, 1
	messages := asked("where do I live", 1)
	messages.Query.Messages = 3
	compound := asked("Thú cưng mà tôi thích và gia đình của tôi", 5)
	for name, c := range map[string]struct {
		own, popular []pika.PopularSearch
		listed       []string
		limit        int
		want         []string
	}{
		"own, the tenant's, the list": {[]pika.PopularSearch{asked("a cat", 2)}, []pika.PopularSearch{asked("a dog", 9)}, []string{"my job"}, 9, []string{"a cat", "a dog", "my job"}},
		"each once":                   {[]pika.PopularSearch{asked("a cat", 2)}, []pika.PopularSearch{asked(" a  cat", 9)}, []string{"a cat ", "my job"}, 9, []string{"a cat", "my job"}},
		"at most so many":             {[]pika.PopularSearch{asked("a cat", 2), asked("a fish", 1)}, []pika.PopularSearch{asked("a dog", 9)}, []string{"my job"}, 2, []string{"a cat", "a fish", "my job"}},
		"parts":                       {[]pika.PopularSearch{compound}, nil, []string{"gia đình của tôi"}, 9, []string{"Thú cưng mà tôi thích và gia đình của tôi", "Thú cưng mà tôi thích", "gia đình của tôi"}},
		"what else is asked counts":   {[]pika.PopularSearch{messages}, nil, []string{"where do I live"}, 9, []string{"where do I live", "where do I live"}},
		"never read":                  {[]pika.PopularSearch{read, neverRead}, []pika.PopularSearch{asked("the weather", 9)}, []string{"the weather", "my job"}, 9, []string{"the news", "my job"}},
		"asked ahead, by nobody else": {[]pika.PopularSearch{asked("the weather", 0)}, nil, nil, 9, []string{}},
	} {
		if diff := cmp.Diff(c.want, textsOf(cachewarm.Choose(c.own, c.popular, c.listed, c.limit))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
