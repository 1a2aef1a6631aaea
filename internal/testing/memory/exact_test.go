package memory_test

import (
	"testing"
	"time"

	"rollbook/internal/testing/memory"
	"rollbook/internal/testing/storetest"
)

func TestDecisions(t *testing.T) {
	storetest.TestDecisions(t, func(*testing.T) storetest.Decisions { return memory.NewContacts(time.Now) })
}

func TestRounds(t *testing.T) {
	storetest.TestRounds(t, func(_ *testing.T, now func() time.Time) storetest.Rounds { return memory.NewJobs(now) })
}
