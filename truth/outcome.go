package truth

import "github.com/pikamem/pika"

// ItemText returns what a job's item keeps of the text of its outcome. The text of a
// stored fact is not repeated there, so that its deletion has one place less to reach.
func ItemText(o pika.FactOutcome) string {
	if FactHasText(o.Outcome) {
		return ""
	}
	return o.Text
}

// FactHasText reports whether the text of an outcome is read from the fact's own row:
// then a deleted fact leaves none.
func FactHasText(v pika.Verdict) bool { return v == pika.Stored || v == pika.Superseding }

// SetStates says of an outcome's fact where it is: nowhere if it lives no more.
func SetStates(o *pika.FactOutcome, live, vectorsLag, graphLags bool) {
	o.Stores = map[pika.Store]pika.StoreState{}
	if !live {
		return
	}
	o.Stores[pika.StoreFacts] = pika.StoreOK
	o.Stores[pika.StoreVectors] = stateOf(vectorsLag)
	o.Stores[pika.StoreGraph] = stateOf(graphLags)
}

func stateOf(lags bool) pika.StoreState {
	if lags {
		return pika.StorePending
	}
	return pika.StoreOK
}
