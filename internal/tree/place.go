package tree

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"path/filepath"
	"time"

	"kartotek/internal/fault"
	"kartotek/internal/seal"
)

// Place is where signed heads are written besides the anchor: the absolute path
// of a file, best on another disk or a share of another machine, or a URL that
// gets them by POST. A head holds no personal data.
type Place string

// retry is how long a place that failed is left alone.
const retry = 30 * time.Second

// Places are the places of their texts.
func Places(texts []string) (out []Place) {
	for _, t := range texts {
		out = append(out, Place(t))
	}
	return out
}

// keep writes the newest head to a place, at most once a second and again after
// a failure, until ctx ends. It runs beside the sequencer and never holds it up.
func (r *Room) keep(ctx context.Context, p Place) {
	var done *[]byte
	rest := Poll
	for pause(ctx, rest, nil); ctx.Err() == nil; pause(ctx, rest, nil) {
		head := r.latest.Load()
		if head == nil || head == done {
			rest = Poll
			continue
		}
		if err := p.put(ctx, *head); err != nil {
			r.Log.Warn("the head of the log was not written to its second place; it is tried again", "error", err)
			rest = retry
			continue
		}
		done, rest = head, Poll
	}
}

func (p Place) put(ctx context.Context, head []byte) error {
	if filepath.IsAbs(string(p)) {
		return seal.WriteFile(string(p), head)
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, string(p), bytes.NewReader(head))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "text/plain; charset=utf-8")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<16))
	if res.StatusCode/100 != 2 {
		return fault.New(fault.Unavailable, "tree.place_refused", "the second place answered %d", res.StatusCode)
	}
	return nil
}
