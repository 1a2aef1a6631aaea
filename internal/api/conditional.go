package api

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
)

// Conditional is what a PUT and a DELETE take so that they undo nobody's work.
type Conditional struct {
	IfMatch string `header:"If-Match" maxLength:"1000" doc:"The ETag of the thing as you read it: it is written only if nothing changed since, else the answer is 412 changedSince. An asterisk stands for anything that exists."`
}

// tag is an entity tag: the same exactly if what is shown is.
func tag(shown any) string {
	b, err := json.Marshal(shown)
	if err != nil {
		panic(err) // it is shown as JSON
	}
	h := sha256.Sum256(b)
	return `"` + hex.EncodeToString(h[:12]) + `"`
}

// check refuses a write of what changed since it was read. exists tells whether
// there is something, and now is how it is shown today.
func (c Conditional) check(exists bool, now any) error {
	if !exists {
		return c.checkTag("")
	}
	return c.checkTag(tag(now))
}

// checkTag does so by the tag of what there is, "" for nothing.
func (c Conditional) checkTag(tag string) error {
	if c.IfMatch == "" || tag != "" && c.matches(tag) {
		return nil
	}
	return newProblem(http.StatusPreconditionFailed)
}

func (c Conditional) matches(tag string) bool {
	for t := range strings.SplitSeq(c.IfMatch, ",") {
		if t = strings.TrimSpace(t); t == "*" || t == tag {
			return true
		}
	}
	return false
}
