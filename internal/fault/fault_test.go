package fault

import (
	"errors"
	"fmt"
	"testing"
)

func TestThroughWrapping(t *testing.T) {
	cause := errors.New("broken pipe")
	base := New(Conflict, "notice.published", "version %d is published", 3)
	full := base.In("version").At(12).Because(cause)
	var err error = full
	Wrap(&err, "publish notice %d", 3)
	if CodeOf(err) != Conflict || KeyOf(err) != "notice.published" || !Is(err, Conflict) || Is(err, Denied) || !errors.Is(err, cause) {
		t.Errorf("%v: %s %s", err, CodeOf(err), KeyOf(err))
	}
	if want := "publish notice 3: line 12: version: version 3 is published: broken pipe"; err.Error() != want {
		t.Errorf("got  %s\nwant %s", err, want)
	}
	if base.Field != "" || base.Line != 0 || base.Err != nil {
		t.Error("the fault it was made from has changed")
	}
}

func TestAnythingElse(t *testing.T) {
	for _, err := range []error{errors.New("x"), fmt.Errorf("y: %w", errors.New("x"))} {
		if CodeOf(err) != Internal || KeyOf(err) != "internal" || !Is(err, Internal) {
			t.Errorf("%v: %s %s", err, CodeOf(err), KeyOf(err))
		}
	}
	if Is(nil, Internal) {
		t.Error("nothing is no fault")
	}
	var none error
	Wrap(&none, "context")
	if none != nil {
		t.Error("wrapping nothing made an error")
	}
}
