package needs_test

import (
	"testing"

	"rollbook/internal/testing/needs"
)

// recorder is a test that notes how it ends.
type recorder struct {
	testing.TB
	ended string
}

func (r *recorder) Helper()               {}
func (r *recorder) Skipf(string, ...any)  { r.ended = "skipped"; panic(r) }
func (r *recorder) Fatalf(string, ...any) { r.ended = "failed"; panic(r) }

func TestProgram(t *testing.T) {
	for _, c := range []struct{ name, without, program, ended string }{
		{"there", "", "go", ""},
		{"missing", "", "no-such-program", "failed"},
		{"left out", "office browser", "no-such-program", "skipped"},
		{"there, and left out", "browser", "go", "skipped"},
		{"another kind left out", "office", "no-such-program", "failed"},
		{"a part of the word", "browsers", "no-such-program", "failed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("ROLLBOOK_WITHOUT", c.without)
			r, path := &recorder{}, ""
			func() {
				defer func() {
					if p := recover(); p != nil && p != any(r) {
						panic(p)
					}
				}()
				path = needs.Program(r, "browser", "no-such-program-either", c.program)
			}()
			if r.ended != c.ended || (path != "") != (c.ended == "") {
				t.Errorf("%q and ended %q, want %q", path, r.ended, c.ended)
			}
		})
	}
}
