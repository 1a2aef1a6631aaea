// Command rollbook-restore makes the items of a table those of a copy of it, and
// says how many differed: see docs/operations.md. The account is named by the
// environment, as for a function.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"

	"rollbook/internal/aws/config"
	"rollbook/internal/aws/dynamo"
)

func main() {
	log.SetFlags(0)
	from := flag.String("from", "", "`table` that is a copy of an earlier moment")
	to := flag.String("to", "", "`table` that is made the same")
	flag.Parse()
	if *from == "" || *to == "" || *from == *to {
		log.Fatal("rollbook-restore needs two tables")
	}
	conf, err := config.Load()
	if err != nil {
		log.Fatal(err)
	}
	r, err := dynamo.Restore(context.Background(), dynamo.Open(conf), *from, *to)
	fmt.Printf("%s: %d items were as then, %d put back, %d deleted\n", *to, r.Same, r.Put, r.Deleted)
	if err != nil {
		log.Fatal(err)
	}
}
