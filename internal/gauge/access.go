package gauge

import (
	"context"
	"fmt"
	"slices"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/ledger"
	"kartotek/internal/outbox"
	"kartotek/internal/packet"
	"kartotek/internal/party"
	"kartotek/internal/permit"
)

// BenchHeavy adds a person of whom the register has so many events: eight in ten are
// messages, the rest entries of the ledger, changes and looks.
func (h House) BenchHeavy(ctx context.Context, events int) (who id.ID, err error) {
	by := db.System("bench")
	return who, h.DB.Do(ctx, by, func(tx *db.Tx) error {
		p, err := h.Party.Create(tx, party.New{Fields: []party.Pair{{Name: "email", Value: "heavy" + tx.NewID().String() + "@hemma.example"}, {Name: "first_name", Value: "Åsa"},
			{Name: "last_name", Value: "Tung"}, {Name: "language", Value: "sv"}}})
		if err != nil {
			return err
		}
		who = p.ID
		messages := make([]outbox.Message, events*8/10)
		for i := range messages {
			messages[i] = outbox.Message{ID: tx.NewID(), Person: who, Class: permit.Marketing, Purpose: "newsletter", Channel: "email", State: outbox.Sent, Code: permit.CodeConsent,
				Notice: 1, Pack: "EU-2026.1+FI-2026.1", Decided: tx.Now() + int64(i), Facts: `{"c":"FI"}`, HandedAt: tx.Now() + int64(i), Attempt: 1,
				Reply: outbox.Reply{Code: 250, Enhanced: "2.0.0", Text: "OK: queued"}}
		}
		if err := h.Outbox.Add(tx, messages); err != nil {
			return err
		}
		return h.benchSaid(tx, who, events/10)
	})
}

// benchSaid adds entries of the ledger with evidence, and looks.
func (h House) benchSaid(tx *db.Tx, who id.ID, n int) error {
	entries, proofs := make([]ledger.Entry, n), make([]*ledger.Evidence, n)
	looks := make([]audit.Entry, n)
	for i := range entries {
		entries[i] = ledger.Entry{Kind: ledger.Consent, Purpose: "newsletter", Channel: "email", SaidBy: ledger.ByPerson, Method: "form", Strength: "single", Notice: 1, Effective: tx.Now() + int64(i)}
		proofs[i] = &ledger.Evidence{Text: "Ja tack, jag vill ha nyhetsbrevet per e-post.", IP: "198.51.100.7"}
		looks[i] = audit.Entry{Action: "person.read", Kind: "person", Object: who.String(), Person: who, Purpose: "relationship"}
	}
	var b ledger.Batch
	if err := b.Add(tx, who, nil, proofs, entries); err != nil {
		return err
	}
	if err := h.Ledger.Write(tx, &b); err != nil {
		return err
	}
	return audit.Write(tx, looks...)
}

// BenchAccess builds the package of a person five times and gives the median time, the
// statements it took and the records it holds.
func (h House) BenchAccess(ctx context.Context, who id.ID) (took time.Duration, asked, records int, err error) {
	var all []time.Duration
	for range 5 {
		start := clock.System().Now()
		p, err := h.Packet.Build(ctx, db.System("bench"), who, packet.Options{})
		if err != nil {
			return 0, 0, 0, fmt.Errorf("building: %w", err)
		}
		all = append(all, clock.System().Now().Sub(start))
		asked, records = p.Asked, p.Records()+len(p.Looked)
	}
	slices.Sort(all)
	return all[len(all)/2], asked, records, nil
}
