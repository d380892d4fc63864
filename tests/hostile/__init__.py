"""The worst inputs from outside: none of them runs, nothing crashes, and each gets an answer."""
