package memory_test

import (
	"net/http/httptest"
	"testing"
	"time"

	"rollbook/internal/testing/memory"
	"rollbook/internal/testing/storetest"
)

func TestContacts(t *testing.T) {
	storetest.TestContacts(t, func(*testing.T) storetest.Contacts { return memory.NewContacts(time.Now) })
}

func TestCatalogue(t *testing.T) {
	storetest.TestCatalogue(t, func(*testing.T) storetest.Catalogue { return memory.NewCatalogue() })
}

func TestJobs(t *testing.T) {
	storetest.TestJobs(t, func(_ *testing.T, now func() time.Time) storetest.Jobs { return memory.NewJobs(now) })
}

func TestBlobs(t *testing.T) {
	storetest.TestBlobs(t, func(t *testing.T) storetest.Blobs {
		b := memory.NewBlobs("bucket", time.Now)
		server := httptest.NewServer(b)
		t.Cleanup(server.Close)
		b.URL = server.URL
		return b
	})
}

func TestRecords(t *testing.T) {
	storetest.TestRecords(t, func(_ *testing.T, now func() time.Time) storetest.Records[storetest.Note] {
		return memory.NewRecords[storetest.Note](now)
	})
}
