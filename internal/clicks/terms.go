package clicks

import (
	"time"

	"kartotek/internal/db"
	"kartotek/internal/notice"
	"kartotek/internal/permit"
)

// NoticeQuestion asks the notice in force, for Room.Question.
func NoticeQuestion(n *notice.Room) func(tx *db.Tx, purpose, channel string, at time.Time) (permit.Question, error) {
	return func(tx *db.Tx, purpose, channel string, at time.Time) (permit.Question, error) {
		in, found, err := n.InForceAt(tx, at)
		if err == nil && !found {
			err = notice.None()
		}
		if err != nil {
			return permit.Question{}, err
		}
		return in.PermitQuestion(purpose, channel, at)
	}
}
