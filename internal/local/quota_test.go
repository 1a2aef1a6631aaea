package local_test

import (
	"math/rand/v2"
	"testing"
)

// account is a Lambda account whose functions share a quota of concurrent runs,
// in virtual time.
type account struct {
	now     float64 // seconds
	events  []func()
	at      []float64
	running int
	quota   int
	random  *rand.Rand
}

func (a *account) after(seconds float64, do func()) {
	a.at, a.events = append(a.at, a.now+seconds), append(a.events, do)
}

func (a *account) run() {
	for len(a.events) > 0 {
		next := 0
		for i := range a.at {
			if a.at[i] < a.at[next] {
				next = i
			}
		}
		do := a.events[next]
		a.now = a.at[next]
		last := len(a.at) - 1
		a.at[next], a.events[next] = a.at[last], a.events[last]
		a.at, a.events = a.at[:last], a.events[:last]
		do()
	}
}

// invoke runs a function for the seconds, unless the quota is used up.
func (a *account) invoke(seconds float64, done func()) bool {
	if a.running >= a.quota {
		return false
	}
	a.running++
	a.after(seconds, func() { a.running--; done() })
	return true
}

// policy is how the state machine retries what the quota refuses.
type policy struct{ interval, rate, most, attempts float64 }

func throttling(t *testing.T, step any) policy {
	t.Helper()
	for _, r := range at(step, "Retry").([]any) {
		for _, e := range at(r, "ErrorEquals").([]any) {
			if e == "Lambda.TooManyRequestsException" {
				number := func(name string) float64 { return at(r, name).(float64) }
				return policy{number("IntervalSeconds"), number("BackoffRate"), number("MaxDelaySeconds"), number("MaxAttempts")}
			}
		}
	}
	t.Fatal("what the quota refuses is not retried")
	return policy{}
}

// task invokes a function as the state machine does, with its retries; ended is
// told whether it was given up.
func (a *account) task(p policy, seconds float64, ended func(givenUp bool)) {
	tries, delay := 0.0, p.interval
	var try func()
	try = func() {
		if a.invoke(seconds, func() { ended(false) }) {
			return
		}
		if tries++; tries > p.attempts {
			ended(true)
			return
		}
		a.after(a.random.Float64()*delay, try)
		delay = min(delay*p.rate, p.most)
	}
	try()
}

// imports lets imports of 100 chunks of 20 seconds run at once, each as many
// chunks at the same time as given, while a person asks the API twice a second.
func (a *account) imports(t *testing.T, shares []int) (givenUp, asked, refused int, took float64) {
	t.Helper()
	p := throttling(t, at(machine(t)["Chunks"], "ItemProcessor.States.Chunk"))
	left := 100 * len(shares)
	for _, atOnce := range shares {
		waiting := 100
		var next func()
		next = func() {
			if waiting == 0 {
				return
			}
			waiting--
			a.task(p, 20, func(gaveUp bool) {
				if gaveUp {
					givenUp++
				}
				left--
				took = a.now
				next()
			})
		}
		for range atOnce {
			next()
		}
	}
	var ask func()
	ask = func() {
		if left == 0 {
			return
		}
		asked++
		if !a.invoke(0.1, func() {}) {
			refused++
		}
		a.after(0.5, ask)
	}
	ask()
	a.run()
	return givenUp, asked, refused, took
}

// A new account often has a quota of 10 concurrent runs for all its functions.
// No chunk is given up there, however many imports run; and with five of one
// institution, or one each of two, the API is answered each time without a
// reservation.
func TestSmallAccount(t *testing.T) {
	most := int(parameters(t)["MapConcurrency"].(float64))
	for _, c := range []struct {
		institutions, imports int // of each
		answered              bool
	}{{1, 1, true}, {1, 5, true}, {2, 1, true}, {5, 1, false}} {
		var shares []int
		for range c.institutions {
			for others := range c.imports {
				shares = append(shares, max(1, most/(1+others))) // as plan shares
			}
		}
		a := &account{quota: 10, random: rand.New(rand.NewPCG(1, uint64(len(shares))))}
		givenUp, asked, refused, took := a.imports(t, shares)
		t.Logf("%d institutions, %d imports each: %.0f s, %d of %d requests to the API refused", c.institutions, c.imports, took, refused, asked)
		if givenUp > 0 {
			t.Errorf("%+v: %d chunks are given up", c, givenUp)
		}
		if c.answered && refused > 0 {
			t.Errorf("%+v: %d of %d requests to the API are refused", c, refused, asked)
		}
	}
}
