package exchange

import (
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/party"
	"kartotek/internal/party/packed"
)

// apply lets one row change its person, in memory.
func (run *runner) apply(tx *db.Tx, p *pending, r *row) error {
	action, changed := "created", false
	switch {
	case p.draft.New && !p.touched:
		run.fill(p, r)
	default:
		done, err := run.room.appliedBefore(tx, p, r)
		if err != nil {
			return err
		}
		if !done {
			if changed, err = run.update(tx, p, r); err != nil {
				return err
			}
		}
		action = "unchanged"
		if changed {
			action = "updated"
		}
	}
	p.touched = true
	p.further = append(p.further, r.further...)
	sp := run.speak(r, p.stands)
	if err := run.join(tx, p, &sp); err != nil {
		return err
	}
	run.count(r, p, action, &sp)
	return nil
}

// fill makes a new person of a row.
func (run *runner) fill(p *pending, r *row) {
	d := &p.draft
	var rest []party.Pair // without a column of their own
	for _, f := range r.fields {
		if !d.SetColumn(f.Name, f.Value) {
			rest = append(rest, f)
		}
	}
	d.Fields = packed.Pack(rest)
	d.Tags = r.tags
	d.Kind = subject(&d.Person, r.key)
	d.RowHash = r.hash
}

func (r *Room) appliedBefore(tx *db.Tx, p *pending, row *row) (bool, error) {
	if p.draft.New {
		return p.draft.RowHash == row.hash, nil
	}
	return r.Party.RowApplied(tx, &p.draft.Person, row.hash)
}

// update takes over what the row knows and the person or the staff did not say better.
func (run *runner) update(tx *db.Tx, p *pending, r *row) (bool, error) {
	d := &p.draft
	c := party.Change{Kind: "import", Source: run.imp.Source, RowHash: r.hash, Prior: d.RowHash}
	for _, f := range r.fields {
		old := d.Get(f.Name)
		if old == f.Value || (f.Name == "email" && old != "") {
			continue
		}
		origin := d.OriginOf(f.Name)
		if old != "" {
			ours, err := run.replaceable(tx, origin.Source)
			if err != nil {
				return false, err
			}
			if !ours {
				continue
			}
		} else {
			origin.First = tx.Now()
		}
		d.Set(f.Name, f.Value)
		if !d.New {
			d.Prov = d.Prov.With(f.Name, party.Origin{Source: run.imp.Source, First: origin.First, Changed: tx.Now()})
		}
		c.Diff = append(c.Diff, party.Delta{Field: f.Name, Old: old, New: f.Value})
	}
	d.RowHash = r.hash
	if len(c.Diff) > 0 {
		d.Changes = append(d.Changes, c) // of a new person too: the file may name them twice, and both rows are known again
		if !d.New {
			d.Dirty, d.Changed = true, tx.Now()
		}
	}
	return len(c.Diff) > 0, nil
}

// replaceable says whether values of a source may be replaced by an import's:
// those that came by import may, those of the person, a form or the staff not.
func (run *runner) replaceable(tx *db.Tx, source id.ID) (bool, error) {
	if source == run.imp.Source {
		return true, nil // an earlier row of this import; a dry run has stored none
	}
	ok, known := run.trusted[source]
	if known {
		return ok, nil
	}
	s, err := run.room.Party.SourceOf(tx, source)
	if err != nil {
		return false, err
	}
	ok = s.Kind == "import" || s.Kind == "third_party"
	run.trusted[source] = ok
	return ok, nil
}

// join adds what the row says of permission to what is pending for the person.
func (run *runner) join(tx *db.Tx, p *pending, sp *spoken) error {
	if sp.reach&^p.draft.Reach != 0 {
		p.draft.Reach |= sp.reach
		p.draft.Dirty = true
	}
	if sp.becomes == becomesProhibition {
		p.stands = true
	}
	if len(sp.entries) == 0 {
		return nil
	}
	if !p.draft.New && p.earlier == nil {
		var err error
		if p.earlier, err = run.room.Ledger.Entries(tx, p.draft.ID); err != nil {
			return err
		}
	}
	sp.fresh(p.earlier)
	sp.fresh(p.spoken.entries)
	p.spoken.entries = append(p.spoken.entries, sp.entries...)
	p.spoken.evidence = append(p.spoken.evidence, sp.evidence...)
	return nil
}

func (run *runner) count(r *row, p *pending, action string, sp *spoken) {
	c := &run.imp.Counts
	if _, met := run.seen[r.key]; met && action == "created" {
		action = "unchanged" // an earlier file or batch would have made this person; the row may add a value
	}
	switch action {
	case "created":
		c.PeopleCreated++
	case "updated":
		c.PeopleUpdated++
	default:
		c.Unchanged++
	}
	switch sp.becomes {
	case becomesConsent:
		c.Permissions.Consent++
	case becomesProhibition:
		c.Permissions.Prohibition++
	default:
		c.Permissions.Unknown++
	}
	if run.opt.DryRun {
		run.seen[r.key] = p.stands
		if len(run.shown) < run.opt.MaxShown {
			run.shown = append(run.shown, Shown{r.file, r.num, r.display, action, string(sp.becomes), sp.why})
		}
	}
}
