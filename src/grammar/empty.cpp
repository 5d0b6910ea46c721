namespace ds4 {}
