package screen_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"rollbook/internal/domain"
	"rollbook/internal/testing/browser"
	"rollbook/internal/testing/dev"
)

func median(ms []float64) float64 {
	slices.Sort(ms)
	return ms[len(ms)/2]
}

// How long until the first view is there, from the address to what can be
// pressed, with an empty cache.
func BenchmarkFirstView(b *testing.B) {
	s, err := dev.Start(dev.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	chromium := browser.New(b)
	var all []float64
	for b.Loop() {
		p := chromium.Page(browser.Options{})
		p.Open(s.URL)
		p.See("Sign in")
		var ms float64
		p.Eval("performance.getEntriesByName('rollbook.ready')[0].startTime", &ms)
		all = append(all, ms)
	}
	b.ReportMetric(median(all), "ms/view")
}

// How long until fifty of ten thousand imports are there, for somebody who is
// signed in and comes back.
func BenchmarkImportsList(b *testing.B) {
	s, err := dev.Start(dev.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	for n := range 10000 {
		if _, _, err := s.Jobs.CreateImport(b.Context(), domain.Import{ID: uuid.Must(uuid.NewV7()).String(), Institution: "aurora", FileName: fmt.Sprintf("list-%05d.csv", n), DataType: domain.Criteria,
			Action: domain.Test, Status: domain.Done, Counts: domain.Counts{Rows: n, Updated: n}, Files: []string{"errors", "changes", "original"}, CreatedBy: "operator@aurora.example", CreatedAt: time.Now(), ExpiresAt: time.Now().Add(time.Hour)}, domain.Once{}, ""); err != nil {
			b.Fatal(err)
		}
	}
	p := browser.New(b).Page(browser.Options{})
	p.Open(s.URL)
	p.Press("Sign in")
	p.SignIn("operator@aurora.example", dev.Password)
	p.Heading("Imports")
	var all []float64
	for b.Loop() {
		p.Eval("location.reload()", nil)
		p.See("list-09999.csv")
		var ms float64
		p.Eval(`new Promise((done) => { const look = () => document.querySelectorAll('tbody tr').length === 50 ? done(performance.now()) : requestAnimationFrame(look); look(); })`, &ms)
		all = append(all, ms)
	}
	b.ReportMetric(median(all), "ms/view")
}
