package importtest_test

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/importing/flow"
	"rollbook/internal/local/demo"
	"rollbook/internal/steps/start"
	"rollbook/internal/testing/importtest"
)

// BenchmarkPlanContacts is the step that reads the user's file, on lists of 100,000
// contacts with seven columns: of our names and texts alone, and of what asks for
// evidence, for knowledge of names, or for contacts that are found by a criterion. It
// counts the processor's time, which other work on the machine hardly touches.
func BenchmarkPlanContacts(b *testing.B) {
	const n = 100_000
	texts := func(i int) string { return fmt.Sprintf("Word%d", i%997) }
	for _, c := range []struct {
		name, head string
		last       func(i int) string
		recipe     domain.Recipe
	}{
		{name: "texts", head: "Contact,Email,First name,Last name,Street,City,[new] NOTE", last: texts},
		{name: "names of other programs", head: "Kundennummer,E-Mail-Adresse,Vorname,Nachname,Straße,Ort,[new] NOTE", last: texts},
		{name: "no number", head: "E-Mail,Vorname,Nachname,Straße,Ort,[new] NOTE", last: texts},
		{name: "days", head: "Contact,Email,First name,Last name,Street,City,Birth date", last: func(i int) string { return fmt.Sprintf("%02d/%02d/1985", 1+i%28, 1+i%12) }},
		{name: "telephones", head: "Contact,Email,First name,Last name,Street,City,Phone", last: func(i int) string { return fmt.Sprintf("020 7946 %04d", i%10000) }},
		{name: "numbers", head: "Contact,Email,First name,Last name,Street,City,[new] SPENT", last: func(i int) string { return fmt.Sprintf("%d.%02d", i%9000, i%100) }},
		{name: "matchBy", head: "[new] NICKNAME,Email,First name,Last name,Street,City,[new] NOTE", last: texts, recipe: domain.Recipe{MatchBy: "NICKNAME"}},
	} {
		b.Run(c.name, func(b *testing.B) {
			w := importtest.New(b, 0)
			if err := w.Contacts.Load(b.Context(), demo.Aurora, func(yield func(domain.Contact) bool) {
				for i := range n {
					contact := named(fmt.Sprintf("%07d", i+1))
					contact.Fields["criterion:NICKNAME"] = domain.Value(fmt.Sprintf("%07d", i+1))
					if !yield(contact) {
						return
					}
				}
			}); err != nil {
				b.Fatal(err)
			}
			var file strings.Builder
			file.WriteString(c.head + "\n")
			for i := range n {
				if c.name == "no number" {
					fmt.Fprintf(&file, "c%07d@example.org,Anna,Muster,Gasse %d,Bern,%s\n", i+1, i%90, c.last(i))
					continue
				}
				fmt.Fprintf(&file, "%07d,c%07d@example.org,Anna,Muster,Gasse %d,Bern,%s\n", i+1, i+1, i%90, c.last(i))
			}
			planned := 0
			w.AfterPlan = func(flow.Run) error {
				planned++
				return fault.Wrap(fault.Conflict, "interrupted", errors.New("measured")) // nothing after it is run
			}
			b.ResetTimer()
			began := used(b)
			for b.Loop() {
				imp := w.Create(b, demo.Aurora, domain.Contacts, domain.Test, func(i *domain.Import) { i.Recipe = c.recipe })
				o, err := w.Uploads.Put(b.Context(), flow.UploadKey(imp.Institution, imp.ID), strings.NewReader(file.String()), "text/csv")
				if err != nil {
					b.Fatal(err)
				}
				_ = w.Start.Run(b.Context(), start.Event{Bucket: o.Bucket, Key: o.Key, Version: o.Version, Size: o.Size, Time: w.Now()})
			}
			took := used(b) - began
			b.StopTimer()
			if planned != b.N {
				b.Fatalf("%d of %d were planned", planned, b.N)
			}
			b.ReportMetric(float64(took)/1e3/float64(b.N)/n, "cpu-µs/row")
		})
	}
}

// used is the nanoseconds of the processor that this process has had so far.
func used(b *testing.B) int64 {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}
