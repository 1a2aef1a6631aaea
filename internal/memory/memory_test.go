package memory_test

import (
	"testing"
	"time"

	"rollbook/internal/memory"
	"rollbook/internal/storetest"
)

func TestContacts(t *testing.T) {
	storetest.TestContacts(t, func(*testing.T) storetest.Contacts { return memory.NewContacts() })
}

func TestCatalogue(t *testing.T) {
	storetest.TestCatalogue(t, func(*testing.T) storetest.Catalogue { return memory.NewCatalogue() })
}

func TestJobs(t *testing.T) {
	storetest.TestJobs(t, func(_ *testing.T, now func() time.Time) storetest.Jobs { return memory.NewJobs(now) })
}
