package dynamo_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"rollbook/internal/domain"
)

// Counting whom a condition matches asks for no more than its fields, many contacts
// at a time: a request for each partition, where all that contacts have takes one for
// a hundred contacts, and six times as much is sent.
func TestWhatCountingReads(t *testing.T) {
	const n = 9600 // 150 in each partition, more or less
	s := connected(t)
	must(t, s.contacts.Load(t.Context(), opera, func(yield func(domain.Contact) bool) {
		for i := range n {
			f := map[domain.Field]domain.Value{domain.ContactTitle: "Frau", domain.ContactFirstName: "Maximiliane", domain.ContactLanguage: "de", domain.ContactBirthDate: "1980-01-31",
				domain.ContactPhone: "+41791234567", domain.ContactStreet: "Bahnhofstrasse 12", domain.ContactPostcode: "8001", domain.ContactCity: "Zürich", domain.ContactCountry: "CH", "authorisation:EMAIL": "true"}
			for c := range 10 {
				f[domain.Field(fmt.Sprintf("criterion:CRITERION_%d", c))] = domain.Value(fmt.Sprintf("VALUE_%d", i%7))
			}
			if !yield(domain.Contact{Number: number(i), Fields: f}) {
				return
			}
		}
	}))
	read := func(of domain.Part) (requests, bytes int64) {
		var r, b atomic.Int64
		s.net.heard = func(_ string, answer []byte) { r.Add(1); b.Add(int64(len(answer))) }
		defer func() { s.net.heard = nil }()
		seen := 0
		for _, err := range s.contacts.Values(t.Context(), opera, of) {
			must(t, err)
			seen++
		}
		if seen != n {
			t.Errorf("%d contacts", seen)
		}
		t.Logf("%v: %d requests, %d bytes a contact", of.Fields, r.Load(), b.Load()/n)
		return r.Load(), b.Load()
	}
	all, allBytes := read(domain.Part{})
	few, fewBytes := read(domain.Part{Fields: []domain.Field{"criterion:CRITERION_3", domain.ContactEmail, domain.ContactFirstName, domain.ContactLastName}})
	if few > 64 || all < 2*few {
		t.Errorf("%d requests, %d for all that contacts have", few, all)
	}
	if allBytes < 4*fewBytes {
		t.Errorf("%d bytes, %d for all that contacts have", fewBytes, allBytes)
	}
}
