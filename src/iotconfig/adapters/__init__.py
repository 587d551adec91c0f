"""One technology each. They know the domain and their own library, and not each other."""
