package search_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pikamem/pika/search"
	"github.com/pikamem/pika/text"
)

func TestSplit(t *testing.T) {
	t.Parallel()
	for question, want := range map[string][]string{
		"Thú cưng mà tôi thích và gia đình của tôi":                     {"Thú cưng mà tôi thích", "gia đình của tôi"},
		"What am I allergic to and which medicine do I take?":           {"What am I allergic to", "which medicine do I take"},
		"Where do I live? Who is my boss?":                              {"Where do I live", "Who is my boss"},
		"Mướp và Bơ về nhà khi nào, còn hai đứa con gái sinh ngày nào?": {"Mướp Bơ về nhà khi nào", "hai đứa con gái sinh ngày nào"},
		"Do I like tea and coffee?":                                     nil,
		"Thú cưng của tôi tên gì?":                                      nil,
		"and and and":                                                   nil,
		"":                                                              nil,
		"what is it and who is that":                                    nil,
	} {
		if diff := cmp.Diff(want, search.Split(question, text.Language(question))); diff != "" {
			t.Errorf("Split(%q) (-want +got):\n%s", question, diff)
		}
	}
}
