package bars

import "testing"

func TestScale(t *testing.T) {
	s := Shape{Left: 10, Step: 20, Wide: 15, Room: 100, Top: 5}
	p := s.Scale([]int{80, 0, 1}, []int{20, 0, 0})
	if p.Axis != 85 || p.Low != 105 || p.Bars[0] != (Bar{10, 15, 80, 20}) || p.Bars[1] != (Bar{30, 15, 0, 0}) || p.Bars[2] != (Bar{50, 15, 3, 0}) {
		t.Errorf("%+v", p)
	}
	if p := s.Scale(nil, nil); p.Axis != 5 || len(p.Bars) != 0 || Sum([]int{1, 2}) != 3 {
		t.Errorf("of nothing: %+v", p)
	}
}
