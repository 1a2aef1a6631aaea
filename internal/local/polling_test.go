package local_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"rollbook/internal/local/emulator"
)

// pauses are between the requests of an open page, in seconds, as the screen says.
type pauses struct{ fast, slow, rare, refused, idle float64 }

func pausesOfTheScreen(t *testing.T, root string) pauses {
	t.Helper()
	number := func(file, pattern string) float64 {
		t.Helper()
		b, err := os.ReadFile(filepath.Join(root, "internal", "web", "src", file))
		if err != nil {
			t.Fatal(err)
		}
		found := regexp.MustCompile(pattern).FindSubmatch(b)
		if found == nil {
			t.Fatalf("%s has no %s", file, pattern)
		}
		ms, err := strconv.ParseFloat(string(found[1]), 64)
		if err != nil {
			t.Fatal(err)
		}
		return ms / 1000
	}
	load := filepath.Join("core", "load.js")
	return pauses{number(load, `const fast = (\d+);`), number(load, `const slow = (\d+);`), number(load, `const rare = (\d+);`), number(load, `const refused = (\d+);`),
		number(filepath.Join("views", "imports.jsx"), `idle: cursor === '' \? (\d+) : 0`)}
}

// asked is what a thousand open pages did to the API's stage.
type asked struct {
	most, later float64 // requests a second, in the busiest ten seconds and in the last minute
	refused     float64 // their share
	late        float64 // seconds that the last page needed to see the end
}

// pages lets so many pages that are opened within a minute ask for the seconds that
// something is under way, and be refused what the stage does not take.
func (p pauses) pages(n int, active bool, seconds, rate, burst float64, random *rand.Rand) asked {
	const opened = 60.0
	type page struct{ at, pause, ends float64 }
	first := p.idle
	if active {
		first = p.fast
	}
	draw := func(pause float64) float64 { return pause * (0.9 + 0.2*random.Float64()) }
	var open []page
	for range n {
		at := opened * random.Float64()
		open = append(open, page{at + draw(first), first, at + seconds})
	}
	var out asked
	busy := map[int]float64{}
	all, refusals, tokens, now := 0.0, 0.0, burst, 0.0
	for {
		next := -1
		for i, x := range open {
			if !math.IsInf(x.at, 1) && (next < 0 || x.at < open[next].at) {
				next = i
			}
		}
		if next < 0 {
			break
		}
		x := &open[next]
		tokens, now = min(burst, tokens+rate*(x.at-now)), x.at
		all++
		busy[int(now/10)] += 1.0 / 10
		out.most = max(out.most, busy[int(now/10)])
		if now >= seconds-60 && now < seconds {
			out.later += 1.0 / 60
		}
		if tokens < 1 {
			refusals++
			x.pause = min(max(2*x.pause, p.refused), p.rare)
		} else {
			tokens--
			if now >= x.ends {
				out.late = max(out.late, now-x.ends)
				x.at = math.Inf(1) // what it shows is over
				continue
			}
			if active {
				x.pause = min(1.15*x.pause, p.slow)
			} else {
				x.pause = min(1.5*x.pause, p.rare)
			}
		}
		x.at = now + draw(x.pause)
	}
	out.refused = refusals / all
	return out
}

// docs/scale.md says what open pages ask of the API, by the pauses of the screen and
// the bounds of the stage.
func TestPolling(t *testing.T) {
	root, err := emulator.Root()
	if err != nil {
		t.Fatal(err)
	}
	template, err := os.ReadFile(filepath.Join(root, "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	limits := regexp.MustCompile(`DefaultRouteSettings:\s+ThrottlingBurstLimit: (\d+)\s+ThrottlingRateLimit: (\d+)`).FindSubmatch(template)
	if limits == nil {
		t.Fatal("the stage has no bounds")
	}
	burst, _ := strconv.ParseFloat(string(limits[1]), 64)
	rate, _ := strconv.ParseFloat(string(limits[2]), 64)
	p := pausesOfTheScreen(t, root)
	var w strings.Builder
	w.WriteString("| 1,000 pages, opened within a minute | requests a second at most | in the last minute | refused by the stage | the end is seen at most |\n|---|---|---|---|---|\n")
	for _, c := range []struct {
		name    string
		active  bool
		seconds float64
	}{{"an import of 10 seconds", true, 10}, {"an import of 2 minutes", true, 120}, {"an import of 15 minutes", true, 900}, {"the list, nothing under way, for an hour", false, 3600}} {
		got := p.pages(1000, c.active, c.seconds, rate, burst, rand.New(rand.NewPCG(11, uint64(c.seconds))))
		end, later := fmt.Sprintf("%.0f s late", got.late), fmt.Sprintf("%.0f", got.later)
		if !c.active {
			end = "–"
		}
		if c.seconds < 60 {
			later = "–"
		}
		fmt.Fprintf(&w, "| %s | %.0f | %s | %.0f%% | %s |\n", c.name, got.most, later, 100*got.refused, end)
		if got.later > rate || c.active && got.late > 2*p.slow+p.refused {
			t.Errorf("%s: %+v of %.0f a second", c.name, got, rate)
		}
	}
	keepTable(t, "scale.md", "<!-- pages -->\n", "<!-- end of pages -->", w.String(), "Polling")
}
