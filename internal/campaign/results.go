package campaign

import (
	"context"

	"kartotek/internal/campaign/def"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/outbox"
	"kartotek/internal/segment"
)

// Results are the figures of a campaign.
type Results = def.Results

// Results reads the rollup. While a campaign runs it is up to a second old.
func (r *Room) Results(tx *db.Tx, which id.ID) (Results, error) {
	out := Results{Blocked: map[string]int{}, AsOf: tx.Time()}
	c, err := r.Get(tx, which)
	if err != nil {
		return out, err
	}
	out.State = c.State
	err = tx.Each(selCounts, func(scan db.Scan) error {
		var state, code string
		var n int
		if err := scan(&state, &code, &n); err != nil {
			return err
		}
		out.Add(outbox.State(state), code, n)
		return nil
	}, int64(which))
	return out, err
}

// People lists the messages of a campaign in a state with a code ("" for any), in
// key order from a cursor, limit at most; more tells that there are others behind.
// It looks only where the rollup says there are some.
func (r *Room) People(tx *db.Tx, which id.ID, state outbox.State, code string, from outbox.Cursor, limit int) (all []outbox.Message, next outbox.Cursor, more bool, err error) {
	var parts []outbox.Range
	err = tx.Each(selWhere, func(scan db.Scan) error {
		var p outbox.Range
		err := scan(&p.Lo, &p.Hi)
		parts = append(parts, p)
		return err
	}, int64(which), from.Bucket, string(state), code)
	if err != nil {
		return nil, from, false, err
	}
	for _, p := range parts {
		at := from
		if at.Bucket < p.Lo {
			at = outbox.Begin(p.Lo)
		}
		some, err := r.Outbox.InState(tx, which, state, code, &at, p.Hi, limit+1-len(all))
		if err != nil {
			return nil, from, false, err
		}
		if all = append(all, some...); len(all) > limit {
			all, more = all[:limit], true
			break
		}
	}
	if n := len(all); n > 0 {
		next = outbox.Cursor{Bucket: all[n-1].Person.Bucket(), Person: all[n-1].Person}
	}
	return all, next, more, nil
}

// DryRun decides a campaign for the whole register without writing anything.
func (r *Room) DryRun(ctx context.Context, by db.By, c *Campaign) (Results, error) {
	out := Results{Blocked: map[string]int{}, State: Draft, AsOf: r.DB.Now()}
	var walk func(func(*outbox.Subject) error) error
	err := r.DB.View(ctx, by, func(tx *db.Tx) error {
		q, err := r.Check(tx, c)
		if err != nil {
			return err
		}
		e, err := r.Segments.Read(tx, c.Audience)
		walk = func(fn func(*outbox.Subject) error) error { return segment.Walk(ctx, r.Outbox, by, e, q, fn) }
		return err
	})
	if err != nil {
		return out, err
	}
	full := capped{room: r, c: c, by: by}
	err = walk(func(s *outbox.Subject) error {
		state, why := outbox.Queued, outbox.Why(s, c.Channel)
		if why != "" {
			state = outbox.Skipped
		}
		out.Add(state, why, 1)
		if why == "" {
			return full.note(ctx, s.Person.ID, &out)
		}
		return nil
	})
	if err == nil {
		err = full.flush(ctx, &out)
	}
	out.Waiting = 0
	return out, err
}

// capped counts whom a campaign's limit would leave out, some at a time.
type capped struct {
	room   *Room
	c      *Campaign
	by     db.By
	people []id.ID
}

// askedAtOnce is how many people are asked about with one statement.
const askedAtOnce = 500

func (k *capped) note(ctx context.Context, who id.ID, out *Results) error {
	if limitOf(k.c) == nil {
		return nil
	}
	if k.people = append(k.people, who); len(k.people) < askedAtOnce {
		return nil
	}
	return k.flush(ctx, out)
}

func (k *capped) flush(ctx context.Context, out *Results) error {
	if len(k.people) == 0 {
		return nil
	}
	err := k.room.DB.View(ctx, k.by, func(tx *db.Tx) error {
		full, err := k.room.Outbox.Full(tx, k.people, *limitOf(k.c), k.c.ID)
		if n := len(full); n > 0 {
			out.Blocked[outbox.CodeCap] += n
			out.Allowed -= n
		}
		return err
	})
	k.people = k.people[:0]
	return err
}
