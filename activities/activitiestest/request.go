package activitiestest

import (
	"fmt"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/extract"
)

// Scope is the user of the requests made here.
func Scope() pika.Scope { return pika.Scope{Tenant: "tenant/ä", User: "u1"} }

// Conversation returns a job that extracts from messages of the given contents.
func Conversation(jobID string, contents ...string) pika.JobRequest {
	r := pika.JobRequest{
		ID: jobID, Scope: Scope(), Kind: pika.JobExtract, BodyHash: fmt.Sprint(contents),
		AcceptedAt: time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC), Priority: pika.PriorityNormal, ConversationID: "c-" + jobID,
	}
	for _, c := range contents {
		r.Conversation = append(r.Conversation, pika.Message{Role: pika.RoleUser, Content: c})
	}
	extract.FillIDs(&r)
	return r
}

// Given returns a job that adds facts of the given texts.
func Given(jobID string, texts ...string) pika.JobRequest {
	r := pika.JobRequest{
		ID: jobID, Scope: Scope(), Kind: pika.JobAddFacts, BodyHash: fmt.Sprint(texts),
		AcceptedAt: time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC), Priority: pika.PriorityNormal,
	}
	for _, t := range texts {
		r.Facts = append(r.Facts, pika.GivenFact{Candidate: pika.Candidate{Text: t}})
	}
	return r
}

// Contents returns n different contents, each of about size bytes.
func Contents(n, size int) []string {
	contents := make([]string, n)
	for i := range contents {
		contents[i] = fmt.Sprintf("thing %d %0*d", i, max(1, size-12), i)
	}
	return contents
}
