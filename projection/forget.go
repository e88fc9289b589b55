package projection

import (
	"context"
	"fmt"
	"time"

	"github.com/pikamem/pika"
)

// forgetTimeout bounds the removal from the projections, which goes on even when
// the caller has left: the truth has forgotten the fact already.
const forgetTimeout = 5 * time.Second

// Forget deletes a fact of a tenant for good, from the truth first and then from the
// projections. NotFound if there is none. A projection that does not answer is no
// error: hits without a fact in the truth are never shown, and Repair removes the
// row later.
func (p *Projections) Forget(ctx context.Context, tenant, id string) error {
	scope, err := p.Facts.Delete(ctx, tenant, id, p.now().UTC())
	if err != nil {
		return fmt.Errorf("delete a fact: %w", err)
	}
	if p.Freshness != nil {
		p.Freshness.Changed(ctx, scope)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), forgetTimeout)
	defer cancel()
	for _, store := range []pika.Store{pika.StoreVectors, pika.StoreGraph} {
		item := pika.OutboxItem{Scope: scope, Corpus: pika.CorpusFacts, ID: id, Store: store}
		if p.removeFacts(ctx, scope, store, []string{id}) == nil {
			// An acknowledgement that is lost costs one more removal by Repair.
			_ = p.Outbox.Acknowledge(ctx, []pika.OutboxItem{item})
		}
	}
	// An answer that was made meanwhile was measured against the row, too.
	_ = p.note(ctx, scope, pika.CorpusFacts, []string{id})
	return nil
}
